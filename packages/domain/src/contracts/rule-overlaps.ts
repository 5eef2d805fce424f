import type { Test } from 'tap'
import { aRoutingRule, aRuleSpan, changeRulesIn, type RuleFacts } from './rule-samples.ts'
import { createOperatorIn, type OpenStore } from './store-harness.ts'

/** Two active rules of one operator: whether they overlap, whichever of them is there first. */
const PAIRS: readonly (readonly [string, RuleFacts, RuleFacts, boolean])[] = [
  ['(+9370, any) and (+9370, any)', {}, {}, true],
  ['(+9370, any) and (+9370, 412/01)', {}, { mcc: '412', mnc: '01' }, true],
  ['(+9370, any) and (+9370, 412)', {}, { mcc: '412' }, true],
  ['(412) and (412/01)', { mcc: '412' }, { mcc: '412', mnc: '01' }, true],
  ['(412) and (412/001)', { mcc: '412' }, { mcc: '412', mnc: '001' }, true],
  ['(412/01) and (412/01)', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '01' }, true],
  ['(412/01) and (412/001)', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '001' }, false],
  ['(412/01) and (412/010)', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '010' }, false],
  ['(412/99) and (412/999)', { mcc: '412', mnc: '99' }, { mcc: '412', mnc: '999' }, false],
  ['(412/01) and (412/02)', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '02' }, false],
  ['(412) and (413)', { mcc: '412' }, { mcc: '413' }, false],
  ['(412/999) and (413/00)', { mcc: '412', mnc: '999' }, { mcc: '413', mnc: '00' }, false],
  ['(000/00) and (000/000)', { mcc: '000', mnc: '00' }, { mcc: '000', mnc: '000' }, false],
  ['(999/999) and any network', { mcc: '999', mnc: '999' }, {}, true],
  ['equal prefixes that allow nesting', { allowNested: true }, { allowNested: true }, true],
  ['+93 and +9370', { prefix: '+93' }, {}, true],
  ['+93 that allows nesting and +9370', { prefix: '+93', allowNested: true }, {}, false],
  ['+93 and +9370 that allows nesting', { prefix: '+93' }, { allowNested: true }, false],
  ['+93 and +9370, both allowing it', { prefix: '+93', allowNested: true }, { allowNested: true }, false],
  ['+93 (412) and +9370 (413)', { prefix: '+93', mcc: '412' }, { mcc: '413' }, false],
  ['+93 (412) and +9370 (412/01)', { prefix: '+93', mcc: '412' }, { mcc: '412', mnc: '01' }, true],
  ['+9370 and +9371', {}, { prefix: '+9371' }, false],
  ['+9 and a number of 15 digits', { prefix: '+9' }, { prefix: '+937012345678901' }, true],
  ['two numbers of 15 digits', { prefix: '+937012345678901' }, { prefix: '+937012345678902' }, false],
  ['+1 and +10', { prefix: '+1' }, { prefix: '+10' }, true],
  ['+10 and +2', { prefix: '+10' }, { prefix: '+2' }, false],
]

export function ruleOverlapsContract(t: Test, open: OpenStore): void {
  t.test('what overlaps is found, and refused by the database where nobody looked', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const undone = new Error('undone')
    for (const [name, one, two, conflict] of PAIRS) {
      for (const [there, asked] of [
        [one, two],
        [two, one],
      ] as const) {
        const first = aRoutingRule(operatorId, there)
        const both = changeRulesIn(store, operatorId, async (rules) => {
          await rules.insert([first])
          t.same(await rules.overlapping([aRuleSpan(asked)], 10), conflict ? [first] : [], name)
          await rules.insert([aRoutingRule(operatorId, asked)])
          throw undone
        })
        await t.rejects(both, conflict ? { code: 'PREFIX_CONFLICT', conflicts: undefined } : undone, name)
      }
    }
  })
}
