import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { DeadLetterMessage } from './health/dead-letter-schema.ts'
import { CreateOperatorBody, TpsLimitBody, UpdateOperatorBody } from './operator/operator-bodies.ts'
import {
  CreateRoutingRuleBody,
  CreateRoutingRulesBody,
  MAX_BULK_RULES,
  UpdateRoutingRuleBody,
} from './routing/routing-rule-bodies.ts'

type Schema = Readonly<{
  type?: string | readonly string[]
  properties?: Readonly<Record<string, Schema>>
  items?: Schema
  required?: readonly string[] | undefined
  additionalProperties?: unknown
  writeOnly?: boolean
}>

const BODIES: Readonly<Record<string, Schema>> = {
  CreateOperatorBody,
  UpdateOperatorBody,
  TpsLimitBody,
  CreateRoutingRuleBody,
  CreateRoutingRulesBody,
  UpdateRoutingRuleBody,
}

/** Each schema with its path. */
const walk = (schema: Schema, path = ''): readonly (readonly [string, Schema])[] => [
  [path, schema],
  ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) => walk(member, `${path}/${name}`)),
  ...(schema.items === undefined ? [] : walk(schema.items, `${path}/*`)),
]
const pathsOf = (schema: Schema, has: (member: Schema) => boolean) =>
  walk(schema).flatMap(([path, member]) => (has(member) ? path : []))
const isNullable = ({ type }: Schema) => Array.isArray(type) && type.includes('null')

t.test('no body takes a member that it does not know, at any depth', async (t) => {
  for (const [name, body] of Object.entries(BODIES)) {
    const open = pathsOf(body, ({ properties, additionalProperties }) => !!properties && additionalProperties !== false)
    t.same(open, [], name)
  }
})

t.test('a create says what has no default, a patch what it changes', async (t) => {
  const required = (schema: Schema) => [...(schema.required ?? [])].sort()
  t.same(required(CreateOperatorBody), ['bindType', 'host', 'name', 'password', 'port', 'systemId', 'tpsLimit'])
  t.same(required(TpsLimitBody), ['maxTps'])
  t.same(required(CreateRoutingRuleBody), ['costPerSegment', 'prefix'])
  for (const patch of [UpdateOperatorBody, UpdateRoutingRuleBody]) t.same(required(patch), [])
  t.notOk('prefix' in UpdateRoutingRuleBody.properties, 'the prefix of a rule stays')
  t.match(CreateRoutingRulesBody.properties.rules, { minItems: 1, maxItems: MAX_BULK_RULES })
})

t.test('null is for what can be cleared or has a default, and for nothing else', async (t) => {
  t.same(pathsOf(CreateOperatorBody, isNullable), ['/notes', '/mnoId'])
  t.same(pathsOf(UpdateOperatorBody, isNullable), [
    '/systemType',
    '/tpsLimit/burstMultiplier',
    '/tpsLimit/burstWindowMs',
    '/tpsLimit/enforcementMode',
    '/notes',
    '/mnoId',
  ])
  for (const rule of [CreateRoutingRuleBody, UpdateRoutingRuleBody]) t.same(pathsOf(rule, isNullable), ['/mcc', '/mnc'])
})

t.test('a password is the one member that is never shown', async (t) => {
  for (const body of [CreateOperatorBody, UpdateOperatorBody]) {
    t.same(
      pathsOf(body, ({ writeOnly }) => writeOnly === true),
      ['/password'],
    )
  }
})

t.test('a dead letter says what came, from where and why it could not be taken', async (t) => {
  const letter = {
    schemaVersion: '1',
    eventId: '2f1d0f0e-93c5-4e57-9d3b-0f0b7b3a4a55',
    at: '2026-11-20T12:00:00.000Z',
    subject: 'operator.health.inbound.v1',
    streamSequence: 7,
    reason: 'UNDECODABLE',
    payload: 'no report',
  }
  t.ok(Value.Check(DeadLetterMessage, letter))
  t.ok(Value.Check(DeadLetterMessage, { ...letter, reason: 'UNKNOWN_OPERATOR', operatorId: 'gone' }))
  for (const wrong of [{ reason: 'BORED' }, { streamSequence: 1.5 }, { payload: undefined }]) {
    t.notOk(Value.Check(DeadLetterMessage, { ...letter, ...wrong }), JSON.stringify(wrong))
  }
})
