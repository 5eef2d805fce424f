declare const brand: unique symbol

/** A value that went through its parser. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
