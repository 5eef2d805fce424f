import type { Once } from '../../src/change/idempotency.ts'
import type { OperatorId } from '../../src/operator/operator-id.ts'
import type { OperatorChange } from '../../src/operator/operator-repository.ts'
import type { VersionPrecondition } from '../../src/operator/version-precondition.ts'
import { type CreatedRule, createRoutingRule, createRoutingRules } from '../../src/routing/create-routing-rule.ts'
import { deleteRoutingRule } from '../../src/routing/delete-routing-rule.ts'
import type { CreateRoutingRuleBody, UpdateRoutingRuleBody } from '../../src/routing/routing-rule-bodies.ts'
import {
  parseCreateRoutingRule,
  parseCreateRoutingRules,
  parseRoutingRulePatch,
} from '../../src/routing/routing-rule-commands.ts'
import { updateRoutingRule } from '../../src/routing/update-routing-rule.ts'
import { aWorld, by, committed, type World } from './operators.ts'

/** +9370 for every network at 0.0042 USD, unless `body` tells otherwise. */
export const aRuleBody = (body: Partial<CreateRoutingRuleBody> = {}): CreateRoutingRuleBody => ({
  prefix: '+9370',
  costPerSegment: '0.0042',
  ...body,
})

/** Distinct prefixes of seven digits. */
export const manyBodies = (count: number): readonly CreateRoutingRuleBody[] =>
  Array.from({ length: count }, (_, index) => aRuleBody({ prefix: `+${1_000_000 + index}` }))

export type RuleOptions = Readonly<{ ifMatch?: VersionPrecondition; once?: Once<CreatedRule> }>

/** A world with one operator at version 1 and no event waiting, and its rules as an admin would use them. */
export async function aWorldWithRules(...bodies: readonly CreateRoutingRuleBody[]) {
  const world = aWorld()
  const { operatorId } = (await world.create()).operator
  const context = by('zahra')
  const on = { operatorId, context }
  const actions = {
    createRule: (body: Partial<CreateRoutingRuleBody> = {}, options: RuleOptions = {}) =>
      createRoutingRule(world.ports, { ...on, ...options, rule: parseCreateRoutingRule(aRuleBody(body)) }),
    createRules: (rules: readonly CreateRoutingRuleBody[], options: Pick<RuleOptions, 'ifMatch'> = {}) =>
      createRoutingRules(world.ports, { ...on, ...options, rules: parseCreateRoutingRules({ rules: [...rules] }) }),
    updateRule: (ruleId: string, body: UpdateRoutingRuleBody, options: Pick<RuleOptions, 'ifMatch'> = {}) =>
      updateRoutingRule(world.ports, { ...on, ...options, ruleId, patch: parseRoutingRulePatch(body) }),
    deleteRule: (ruleId: string, options: Pick<RuleOptions, 'ifMatch'> = {}) =>
      deleteRoutingRule(world.ports, { ...on, ...options, ruleId }),
  }
  const rules = bodies.length === 0 ? [] : (await actions.createRules(bodies)).rules
  world.store.outbox.clear()
  world.store.audit.length = 0
  world.wakes.count = 0
  world.passSeconds(60)
  return { ...world, world, ...actions, ...on, rules }
}

/** What `work` rejected with, and whether it left everything committed as it was and the relay asleep. */
export async function refusal(world: World, work: () => Promise<unknown>) {
  const [before, wakes] = [committed(world), world.wakes.count]
  const error = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, before, after: committed(world), woken: world.wakes.count - wakes }
}

/** Ports whose first `times` changes find no overlap, as if the other rule came after the check; `tries` counts them. */
export function blindPorts({ ports }: World, times: number, between: () => Promise<unknown> = async () => {}) {
  const tries = { count: 0 }
  const change: typeof ports.operators.change = async (operatorId: OperatorId, options, work) => {
    tries.count += 1
    if (tries.count === times + 1) await between()
    const blind = tries.count <= times
    const seen = (real: OperatorChange): OperatorChange =>
      blind ? { ...real, rules: { ...real.rules, overlapping: async () => [] } } : real
    return ports.operators.change(operatorId, options, (real) => work(seen(real)))
  }
  return { tries, ports: { ...ports, operators: { ...ports.operators, change } } }
}
