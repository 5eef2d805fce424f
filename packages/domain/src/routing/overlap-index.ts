import type { PlmnSelector } from './plmn.ts'
import { type Prefix, type PrefixRelation, prefixesOf } from './prefix.ts'
import type { RuleSpan } from './routing-rule.ts'

type Lists<T> = Map<string, T[]>
/** Filed at a prefix: all that has it, what of that allows no nesting, and what lies below it and allows none either. */
type Place<T> = Readonly<{ equal: Lists<T>; holding: Lists<T>; inside: Lists<T> }>

/**
 * Finds what overlaps a span, as `overlap` says, at a cost that grows with what is found and not with what is there.
 * Only spans with one of `prefixes` may be asked about.
 */
export function overlapIndex<T>(prefixes: Iterable<Prefix>) {
  const places = new Map<Prefix, Place<T>>()
  const placeAt = (prefix: Prefix): Place<T> => {
    const there = places.get(prefix)
    if (there !== undefined) return there
    const place = { equal: new Map(), holding: new Map(), inside: new Map() }
    places.set(prefix, place)
    return place
  }
  for (const prefix of prefixes) placeAt(prefix)

  return {
    add(span: RuleSpan, value: T): void {
      const { equal, holding } = placeAt(span.prefix)
      const keys = filedUnder(span)
      file(equal, keys, value)
      if (span.allowNested) return
      file(holding, keys, value)
      for (const prefix of holdersOf(span.prefix)) {
        const place = places.get(prefix)
        if (place !== undefined) file(place.inside, keys, value)
      }
    },

    /** Each with how its prefix stands to that of `span`. */
    *overlapping(span: RuleSpan): Generator<readonly [value: T, relation: PrefixRelation], void> {
      const keys = foundUnder(span)
      const { equal, inside } = placeAt(span.prefix)
      for (const value of filed(equal, keys)) yield [value, 'EQUAL']
      if (span.allowNested) return
      for (const prefix of holdersOf(span.prefix)) {
        const place = places.get(prefix)
        if (place !== undefined) for (const value of filed(place.holding, keys)) yield [value, 'SHADOWS']
      }
      for (const value of filed(inside, keys)) yield [value, 'SHADOWED_BY']
    },
  }
}

const holdersOf = (prefix: Prefix): readonly Prefix[] => prefixesOf(prefix).slice(1)

/** A selector is filed under itself and, with a +, under whatever takes it in. */
function filedUnder({ mcc, mnc }: PlmnSelector): readonly string[] {
  if (mcc === null) return ['', '+']
  return [mnc === null ? mcc : `${mcc}/${mnc}`, '+', `${mcc}+`]
}

/** The keys under which everything that shares a network with the selector is filed, each once. */
function foundUnder({ mcc, mnc }: PlmnSelector): readonly string[] {
  if (mcc === null) return ['+']
  return mnc === null ? ['', `${mcc}+`] : ['', mcc, `${mcc}/${mnc}`]
}

function file<T>(lists: Lists<T>, keys: readonly string[], value: T): void {
  for (const key of keys) {
    const list = lists.get(key)
    if (list === undefined) lists.set(key, [value])
    else list.push(value)
  }
}

function* filed<T>(lists: Lists<T>, keys: readonly string[]): Generator<T, void> {
  for (const key of keys) yield* lists.get(key) ?? []
}
