import t from 'tap'
import type { Cells } from './columns.ts'
import { readHeader } from './columns.ts'
import { CouldNotRun } from './could-not-run.ts'
import { readOperatorOrder } from './operator-order.ts'
import { readRuleOrders } from './rule-orders.ts'

const CELLS: Cells = {
  name: 'Roshan Kabul',
  host: 'SMPP.Roshan.example.',
  port: '2,775',
  system_id: 'gateway',
  bind_type: 'trx',
  max_tps: '500.0',
}

t.test(
  'a header is read in any case, with blanks, underscores or neither, and tells what it does not know',
  async (t) => {
    const names = [
      'Name',
      ' HOST ',
      'Port',
      'System ID',
      'Bind-Type',
      'maxTPS',
      'Owner',
      '',
      'Cost per  segment',
      'MNO',
    ]
    t.same(readHeader(names), {
      columns: [
        'name',
        'host',
        'port',
        'system_id',
        'bind_type',
        'max_tps',
        undefined,
        undefined,
        'cost_per_segment',
        'mno',
      ],
      unknownColumns: ['Owner', '(column 8)'],
    })
    t.throws(
      () => readHeader(['name', 'host', 'port', 'system_id', 'bind_type']),
      new CouldNotRun('the first row of the sheet lacks max_tps'),
    )
    t.throws(() => readHeader([...names, 'system_id']), new CouldNotRun('the sheet has more than one column system_id'))
  },
)

t.test('a row becomes the create that the admin API would have taken', async (t) => {
  const cells = {
    ...CELLS,
    status: 'active',
    enforcement_mode: 'Soft throttle',
    burst_multiplier: '2',
    notes: '=SUM(A1)',
    mno: 'Roshan',
  }
  const { order, problems } = readOperatorOrder(cells, 'twelve-chars')
  t.same(problems, [])
  t.equal(order?.status, 'ACTIVE')
  t.match(order?.warnings, [{ column: 'password', code: 'PASSWORD_LONGER_THAN_SMPP_3_4' }])
  t.equal(order?.command.password.reveal(), 'twelve-chars')
  t.match(order?.command, {
    settings: {
      name: 'Roshan Kabul',
      host: 'smpp.roshan.example',
      port: 2775,
      systemId: 'gateway',
      systemType: '',
      bindType: 'TRANSCEIVER',
      tpsLimit: { maxTps: 500, burstMultiplier: 2, enforcementMode: 'SOFT_THROTTLE' },
      notes: '=SUM(A1)',
      mnoId: 'roshan',
    },
    context: { actor: 'migration-script', requestId: null, traceparent: null, sourceAddress: null },
  })
  t.equal(readOperatorOrder(CELLS, 'pass-wd1').order?.status, 'INACTIVE')
})

t.test('a row is told every cell at fault at once, by its column and without the cell', async (t) => {
  const { order, problems } = readOperatorOrder(
    {
      name: 'a\u0007b',
      host: 'http://x',
      port: '70000',
      system_id: 'gatéway',
      system_type: 'ж',
      bind_type: 'both',
      max_tps: 'many',
      burst_multiplier: '1.234',
      enforcement_mode: 'maybe',
      status: 'suspended',
      notes: 'x\u0000',
      mno: 'a b',
    },
    'canary canary',
  )
  t.equal(order, undefined)
  t.same(
    problems.map(({ column, code }) => `${column} ${code}`).toSorted(),
    'bind_type burst_multiplier enforcement_mode host max_tps mno name notes password port status system_id system_type'
      .split(' ')
      .map((column) => `${column} INVALID_PAYLOAD`),
  )
  t.notMatch(JSON.stringify(problems), /canary|gat|70000|maybe/)
  t.match(readOperatorOrder(CELLS, undefined).problems, [{ column: 'password', message: 'is required' }])
})

t.test('each prefix becomes a rule with the priority, weight, cost and network of its row', async (t) => {
  const { rules, problems, warnings } = readRuleOrders({
    prefixes: '+93 70;0093 71\n9372',
    priority: '5.0',
    weight: '1,000',
    cost_per_segment: '0.0042000',
    currency: 'eur',
    mcc: '412.0',
    mnc: '01',
  })
  t.same([problems, warnings], [[], []])
  t.same(
    rules.map(({ prefix }) => prefix),
    ['+9370', '+9371', '+9372'],
  )
  const shared = {
    priority: 5,
    weight: 1_000,
    costPerSegment: '0.004200',
    currency: 'EUR',
    mcc: '412',
    mnc: '01',
    active: true,
  }
  for (const rule of rules) t.match(rule, shared)
  t.match(readRuleOrders({ prefixes: '9370', cost_per_segment: '1' }).rules, [
    { priority: 10, weight: 100, currency: 'USD' },
  ])
})

t.test('what a spreadsheet has spoilt is told and not guessed', async (t) => {
  const faultsOf = (cells: Cells) => readRuleOrders(cells).problems.map(({ column, code }) => `${column} ${code}`)
  const sound = { prefixes: '9370', cost_per_segment: '0.01' }
  t.same(faultsOf({ ...sound, mcc: '412', mnc: '1' }), ['mnc AMBIGUOUS_MNC'])
  t.same(faultsOf({ ...sound, mcc: '412', mnc: '1.0' }), ['mnc AMBIGUOUS_MNC'])
  t.same(faultsOf({ ...sound, cost_per_segment: '0,01' }), ['cost_per_segment AMBIGUOUS_NUMBER'])
  t.same(faultsOf({ ...sound, prefixes: '9370,9371' }), ['prefixes AMBIGUOUS_PREFIX'])
  t.same(faultsOf({ ...sound, mnc: '01' }), ['mnc INVALID_PAYLOAD'])
  t.same(faultsOf({ ...sound, currency: 'XXX', priority: '1001', weight: '0', cost_per_segment: '0.0000001' }), [
    'cost_per_segment INVALID_PAYLOAD',
    'currency INVALID_PAYLOAD',
    'priority INVALID_PAYLOAD',
    'weight INVALID_PAYLOAD',
  ])
  t.same(faultsOf({ prefixes: '9370;0;9371' }), ['cost_per_segment INVALID_PAYLOAD', 'prefixes INVALID_PAYLOAD'])
  t.match(readRuleOrders({ ...sound, prefixes: '9370;0;9371' }).problems, [{ message: /^prefix 2: / }])
  t.same(faultsOf({ mcc: '412', mnc: '1' }), ['mnc AMBIGUOUS_MNC'], 'without a prefix, too')
  t.match(readRuleOrders({ cost_per_segment: '0.01' }), {
    rules: [],
    problems: [],
    warnings: [{ code: 'RULE_COLUMNS_UNUSED' }],
  })
})
