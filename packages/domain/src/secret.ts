const MARKER = '[secret]'

/**
 * A text that prints as a marker wherever it is serialised. Unwrap it only where it leaves for Vault or for the
 * credentials response.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself. Every call is a place to review. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MARKER
  }

  toJSON(): string {
    return MARKER
  }

  [Symbol.toPrimitive](): string {
    return MARKER
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MARKER
  }
}

type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | Date
  | Error
  | ((...args: never) => unknown)

/** `T` as long as no Secret is in it, up to five levels deep; `never` in the place of one, so that a call does not compile. */
export type WithoutSecrets<T, Depth extends readonly unknown[] = []> = T extends Secret
  ? never
  : T extends Leaf
    ? T
    : Depth['length'] extends 5
      ? T
      : T extends object
        ? { [Key in keyof T]: WithoutSecrets<T[Key], [...Depth, unknown]> }
        : T

/** Writes a line that people read, as a log does: no Secret fits into its fields. */
export type WriteLine = {
  (message: string): void
  <T extends object>(fields: T & WithoutSecrets<T>, message?: string): void
}
