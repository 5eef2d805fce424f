import fc from 'fast-check'
import t from 'tap'
import { referenceRoutes } from '../../test/support/reference-routes.ts'
import { anyRouteOptions, anySelector } from '../../test/support/routing.ts'
import { aRoutingRule, type RuleFacts } from '../contracts/rule-samples.ts'
import { isOperatorId } from '../operator/operator-id.ts'
import { costPerSegment } from './cost-per-segment.ts'
import { currency } from './currency.ts'
import { ANY_PLMN, plmnSelector } from './plmn.ts'
import { prefix } from './prefix.ts'
import {
  LOST_REASONS,
  MAX_INACTIVE_SHOWN,
  previewRouting,
  RANK_CRITERIA,
  type RankCriterion,
  rankRoutes,
  type RoutingPreview,
} from './preview-routing.ts'
import type { RouteOption } from './routing-rules.ts'

const network = plmnSelector({ mcc: '412', mnc: '01' })

type OptionFacts = RuleFacts & Partial<Omit<RouteOption, 'rule'>> & Readonly<{ operator?: string }>

/** An option of a healthy active operator for +9370 and every network, unless `facts` tell otherwise. */
function anOption({
  operator = 'b',
  operatorName = 'Roshan',
  status,
  healthState,
  ...facts
}: OptionFacts): RouteOption {
  if (!isOperatorId(operator)) throw new TypeError('no operator id')
  const rule = aRoutingRule(operator, facts)
  return { rule, operatorName, status: status ?? 'ACTIVE', healthState: healthState ?? 'HEALTHY', healthStale: false }
}
const rankedIds = ({ candidates }: RoutingPreview) => candidates.map(({ rule }) => rule.ruleId)
const cost = (text: string) => costPerSegment(text)

/** What is better by one criterion alone, and worse by every later one. */
const DECIDES: Record<RankCriterion, readonly [better: OptionFacts, worse: OptionFacts]> = {
  PREFIX_LENGTH: [{ prefix: '+9370' }, { prefix: '+937', mcc: '412' }],
  PLMN_SPECIFICITY: [{ mcc: '412', mnc: '01', healthState: 'DEGRADED' }, { mcc: '412' }],
  HEALTH: [
    { healthState: 'DEGRADED', priority: 9 },
    { healthState: 'UNKNOWN', priority: 1 },
  ],
  PRIORITY: [
    { priority: 1, costPerSegment: cost('2') },
    { priority: 2, costPerSegment: cost('1') },
  ],
  COST: [
    { costPerSegment: cost('9'), weight: 1 },
    { costPerSegment: cost('10'), weight: 1_000 },
  ],
  WEIGHT: [
    { weight: 2, operator: 'c' },
    { weight: 1, operator: 'a' },
  ],
  OPERATOR_ID: [
    { operator: 'a', ruleId: 'ffffffff-0000-4000-8000-000000000000' },
    { operator: 'b', ruleId: '00000000-0000-4000-8000-000000000000' },
  ],
  RULE_ID: [{ ruleId: '00000000-0000-4000-8000-000000000000' }, { ruleId: '00000000-0000-4000-8000-000000000001' }],
}

for (const criterion of RANK_CRITERIA) {
  t.test(`${criterion} decides where all before it is equal, whatever comes after it`, async (t) => {
    const [better, worse] = DECIDES[criterion].map(anOption)
    if (better === undefined || worse === undefined) return
    for (const options of [
      [better, worse],
      [worse, better],
    ]) {
      const { candidates, lost } = rankRoutes(options, network)
      t.same(lost, [])
      t.same(candidates, [
        { ...better, rank: 1, behindBecause: null },
        { ...worse, rank: 2, behindBecause: criterion },
      ])
    }
  })
}

t.test('healthy comes before degraded before unknown', async (t) => {
  const options = (['UNKNOWN', 'HEALTHY', 'DEGRADED'] as const).map((healthState) => anOption({ healthState }))
  const { candidates } = rankRoutes(options, network)
  t.same(
    candidates.map(({ healthState }) => healthState),
    ['HEALTHY', 'DEGRADED', 'UNKNOWN'],
  )
})

t.test('costs of different currencies in a tie count for none in it, and for all in others', async (t) => {
  const dear = anOption({ costPerSegment: cost('10'), weight: 1_000, priority: 1 })
  const cheap = anOption({ costPerSegment: cost('9'), weight: 1, priority: 1 })
  const euro = anOption({ costPerSegment: cost('1'), weight: 500, priority: 1, currency: currency('EUR') })
  const [later, last] = [
    anOption({ costPerSegment: cost('1'), weight: 1, priority: 2, currency: currency('EUR') }),
    anOption({ costPerSegment: cost('2'), weight: 9, priority: 2, currency: currency('EUR') }),
  ]
  const preview = rankRoutes([cheap, last, euro, later, dear], network)
  t.same(
    rankedIds(preview),
    [dear, euro, cheap, later, last].map(({ rule }) => rule.ruleId),
  )
  t.same(
    preview.candidates.map(({ behindBecause }) => behindBecause),
    [null, 'WEIGHT', 'WEIGHT', 'PRIORITY', 'COST'],
  )
  t.same(rankedIds(rankRoutes([dear, cheap], network)), [cheap.rule.ruleId, dear.rule.ruleId])
  const unhealthy = { ...euro, healthState: 'UNHEALTHY' } as const
  t.same(rankedIds(rankRoutes([dear, unhealthy, cheap], network))[0], cheap.rule.ruleId, 'what is lost is in no tie')
})

t.test('a rule is lost for the first reason that applies', async (t) => {
  const reasons: OptionFacts[] = [
    { status: 'SUSPENDED', healthState: 'UNHEALTHY', active: false, mcc: '413' },
    { healthState: 'UNHEALTHY', active: false, mcc: '413' },
    { active: false, mcc: '413' },
    { mcc: '413' },
    { mcc: '412', mnc: '01' },
  ]
  for (const [index, facts] of reasons.entries()) {
    const reason = LOST_REASONS[index] ?? ''
    const option = anOption(facts)
    t.same(
      rankRoutes([option], plmnSelector({ mcc: '412' })),
      { candidates: [], lost: [{ ...option, reason }] },
      reason,
    )
  }
  t.match(rankRoutes([anOption({ status: 'INACTIVE' })], network).lost, [{ reason: 'OPERATOR_NOT_ACTIVE' }])
  t.match(rankRoutes([anOption({ mcc: '412' })], ANY_PLMN).lost, [{ reason: 'PLMN_NOT_GIVEN' }])
})

t.test('what is lost comes by the length of its prefix, its operator and its id', async (t) => {
  const ids = ['1', '2', '3', '4'].map((digit) => `0000000${digit}-0000-4000-8000-000000000000`)
  const at = (index: number) => ({ ruleId: ids[index] ?? '', active: false })
  const ordered = [
    anOption({ ...at(3), prefix: '+93701', operator: 'z' }),
    anOption({ ...at(2), operator: 'a' }),
    anOption({ ...at(0), operator: 'b' }),
    anOption({ ...at(1), operator: 'b' }),
  ]
  const { lost } = rankRoutes(ordered.toReversed(), network)
  t.same(
    lost.map(({ rule }) => rule.ruleId),
    ordered.map(({ rule }) => rule.ruleId),
  )
})

t.test('without a rule there is nothing to offer', async (t) => {
  t.same(rankRoutes([], network), { candidates: [], lost: [] })
})

t.test('a rule that is met twice is behind itself for no reason', async (t) => {
  const option = anOption({})
  t.match(rankRoutes([option, option], network).candidates, [{ rank: 1 }, { rank: 2, behindBecause: null }])
})

t.test('a preview ranks the rules that match the number', async (t) => {
  const option = anOption({})
  const asked: string[] = []
  const matching = async (to: string) => {
    asked.push(to)
    return [option]
  }
  const preview = await previewRouting({ routingRules: { matching } }, prefix('+93701234567'), network)
  t.same(preview.candidates, [{ ...option, rank: 1, behindBecause: null }])
  t.same(asked, ['+93701234567'])
})

t.test('the order, its reasons and what is lost are those of the reference', async (t) => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(anyRouteOptions, anySelector, (options, known) => {
      const { candidates, lost } = rankRoutes(options, known)
      const ranked = candidates.map(({ rule, behindBecause }) => [rule.ruleId, behindBecause])
      const told = { ranked, lost: lost.map(({ rule, reason }) => [rule.ruleId, reason]) }
      for (const [, why] of [...ranked, ...told.lost]) seen.add(String(why))
      return JSON.stringify(told) === JSON.stringify(referenceRoutes(options, known))
    }),
    { numRuns: 2_000 },
  )
  t.same([...seen].toSorted(), [...LOST_REASONS, ...RANK_CRITERIA, 'null'].toSorted(), 'every case came up')
})

t.test('of more inactive rules than a preview shows the rest are said to be left out', async (t) => {
  for (const more of [0, 1]) {
    const matching = async () => [
      anOption({}),
      ...Array.from({ length: MAX_INACTIVE_SHOWN + more }, () => anOption({ active: false })),
    ]
    const preview = await previewRouting({ routingRules: { matching } }, prefix('+93701234567'), network)
    t.equal(preview.candidates.length, 1)
    t.equal(preview.lost.length, MAX_INACTIVE_SHOWN)
    t.equal(preview.lostTruncated, more > 0)
  }
})
