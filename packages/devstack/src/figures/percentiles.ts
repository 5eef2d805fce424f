/** Milliseconds. */
export type Figure = Readonly<{ name: string; samples: number; p50: number; p99: number; max: number }>

export function figure(name: string, milliseconds: readonly number[]): Figure {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
  return { name, samples: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

export const table = (figures: readonly Figure[]): string =>
  [
    'milliseconds'.padEnd(44) + ['p50', 'p99', 'max', 'samples'].map((head) => head.padStart(9)).join(''),
    ...figures.map(
      ({ name, p50, p99, max, samples }) =>
        name.padEnd(44) +
        [p50, p99, max].map((value) => value.toFixed(2).padStart(9)).join('') +
        String(samples).padStart(9),
    ),
  ].join('\n')
