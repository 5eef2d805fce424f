import type { Test } from 'tap'
import type { DeadLetter, DeadLetters } from '../health/dead-letters.ts'
import { newOperatorId } from './samples.ts'

/** The payload of a stored dead letter. */
export type StoredDeadLetter = Readonly<Record<string, unknown>>

export type OpenDeadLetters = (
  t: Test,
) => Promise<Readonly<{ deadLetters: DeadLetters; stored(): Promise<readonly StoredDeadLetter[]> }>>

const subject = 'operator.health.inbound.v1'
const undecodable = (streamSequence: number): DeadLetter => ({
  subject,
  streamSequence,
  reason: 'UNDECODABLE',
  payload: '{"schemaVersion":',
})
const unknown = (operatorId: DeadLetter['operatorId'], streamSequence: number): DeadLetter => ({
  subject,
  streamSequence,
  reason: 'UNKNOWN_OPERATOR',
  payload: '{}',
  ...(operatorId === undefined ? {} : { operatorId }),
})

/** An hour may turn between two letters of a test; then it starts over in the new one. */
async function withinOneHour<T>(run: () => Promise<T>): Promise<T> {
  const hour = () => Math.floor(Date.now() / 3_600_000)
  const before = hour()
  const result = await run()
  return hour() === before ? result : run()
}

export function deadLettersContract(t: Test, open: OpenDeadLetters): void {
  t.test('a letter tells what came, from where and why', async (t) => {
    const { deadLetters, stored } = await open(t)
    await deadLetters.publish(undecodable(7))
    const [letter, ...rest] = await stored()
    t.same(rest, [])
    t.match(letter, { schemaVersion: '1', ...undecodable(7) })
    t.match(letter?.eventId, /^[0-9a-f-]{36}$/)
    t.match(letter?.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    t.notOk(Object.hasOwn(letter ?? {}, 'operatorId'), 'nobody knows of whom')
  })

  t.test('a message that cannot be decoded gets one letter, however often it comes', async (t) => {
    const { deadLetters, stored } = await open(t)
    await deadLetters.publish(undecodable(7))
    await deadLetters.publish(undecodable(7))
    await deadLetters.publish(undecodable(8))
    t.same(
      (await stored()).map(({ streamSequence }) => streamSequence),
      [7, 8],
    )
  })

  t.test('an unknown operator gets one letter in an hour, each its own', async (t) => {
    const letters = await withinOneHour(async () => {
      const { deadLetters, stored } = await open(t)
      const [one, two] = [newOperatorId(), newOperatorId()]
      await deadLetters.publish(unknown(one, 1))
      await deadLetters.publish(unknown(one, 2))
      await deadLetters.publish(unknown(two, 3))
      return (await stored()).map(({ operatorId, streamSequence }) => [operatorId === one, streamSequence])
    })
    t.same(letters, [
      [true, 1],
      [false, 3],
    ])
  })

  t.test('any text that came can be stored', async (t) => {
    const { deadLetters, stored } = await open(t)
    const payload = `\u0000"\\\n é 😀 \uFFFD${'x'.repeat(3_000)}`
    await deadLetters.publish({ ...undecodable(1), payload })
    t.match(await stored(), [{ payload }])
  })
}
