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
