import { RetentionPolicy, type StreamConfig, type StreamUpdateConfig } from 'nats'

/** `incompatible`: only a person can mend it. `kept`: the stream holds more than asked for, which nothing here lowers. */
export type StreamDifference = Readonly<{ kind: 'incompatible' | 'kept'; detail: string }>

export type WantedStream = Readonly<
  Pick<StreamConfig, 'name' | 'subjects' | 'retention' | 'storage' | 'max_age' | 'num_replicas' | 'duplicate_window'>
>

/** What may be changed on an existing stream without losing a message or another publisher's subject, and what may not. */
export function streamChanges(
  existing: StreamConfig,
  wanted: WantedStream,
): Readonly<{ change: Partial<StreamUpdateConfig>; differences: readonly StreamDifference[] }> {
  const change: Partial<StreamUpdateConfig> = {}
  const differences: StreamDifference[] = []
  const differ = (kind: StreamDifference['kind'], detail: string) => differences.push({ kind, detail })

  if (existing.retention !== RetentionPolicy.Limits) differ('incompatible', `retention is ${existing.retention}`)
  if (existing.storage !== wanted.storage) differ('incompatible', `storage is ${existing.storage}`)
  if (existing.sealed) differ('incompatible', 'it is sealed')
  if (existing.mirror !== undefined) differ('incompatible', 'it is a mirror')
  else if (wanted.subjects.some((subject) => !existing.subjects.includes(subject))) {
    change.subjects = [...new Set([...existing.subjects, ...wanted.subjects])]
  }
  if (existing.no_ack) change.no_ack = false

  // max_age 0 is for ever.
  if (existing.max_age === 0 || existing.max_age > wanted.max_age) differ('kept', 'it keeps messages for longer')
  else if (existing.max_age < wanted.max_age) change.max_age = wanted.max_age
  if (existing.num_replicas > wanted.num_replicas) differ('kept', `it has ${existing.num_replicas} replicas`)
  else if (existing.num_replicas < wanted.num_replicas) change.num_replicas = wanted.num_replicas
  if (existing.duplicate_window < wanted.duplicate_window) change.duplicate_window = wanted.duplicate_window

  return { change, differences }
}
