/** How a fault shows: once or until healed, before the method does its work or, as a lost answer does, after it. */
export type FaultMode = Readonly<{ once?: boolean; afterwards?: boolean }>

export type Faults<Port> = Readonly<{
  /** Makes `method` reject with `error`. */
  fail(method: keyof Port, error: unknown, mode?: FaultMode): void
  heal(): void
}>

export type Faulty<Port> = Port & Readonly<{ faults: Faults<Port> }>

/** `port` itself, with a switch for each of its promise-returning methods. */
export function withFaults<Port extends object>(port: Port): Faulty<Port> {
  const failing = new Map<PropertyKey, FaultMode & Readonly<{ error: unknown }>>()
  const faults: Faults<Port> = {
    fail: (method, error, mode = {}) => void failing.set(method, { ...mode, error }),
    heal: () => failing.clear(),
  }

  const call = async (key: PropertyKey, method: () => unknown): Promise<unknown> => {
    const fault = failing.get(key)
    if (fault === undefined) return method()
    if (fault.once) failing.delete(key)
    if (fault.afterwards) await method()
    throw fault.error
  }

  const members = Object.entries(port) as [string, unknown][]
  const switched = members.map(([key, member]): [string, unknown] => {
    if (!isMethod(member)) return [key, member]
    return [key, (...args: unknown[]) => (failing.has(key) ? call(key, () => member(...args)) : member(...args))]
  })
  return { ...(Object.fromEntries(switched) as Port), faults }
}

const isMethod = (member: unknown): member is (...args: unknown[]) => unknown => typeof member === 'function'
