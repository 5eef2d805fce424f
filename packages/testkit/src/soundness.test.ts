import t from 'tap'
import { contradictions, type Facts, type OperatorFact } from './soundness.ts'

const live: OperatorFact = {
  operatorId: 'live',
  version: 2,
  credentialsVersion: 1,
  provisioning: 'READY',
  deleted: false,
}
const gone: OperatorFact = { ...live, operatorId: 'gone', deleted: true }
const pending: OperatorFact = {
  operatorId: 'pending',
  version: 0,
  credentialsVersion: 0,
  provisioning: 'PENDING',
  deleted: false,
}
const told = (operatorId: string, change: string, version: number) => ({
  operatorId,
  subject: `operator.config.${change}.v1`,
  version,
  messageId: `${operatorId} ${version}`,
})
const transition = (number: number, previousState: string, newState: string) => ({
  operatorId: 'live',
  transition: number,
  previousState,
  newState,
  messageId: `transition ${number}`,
})
const healthy = transition(1, 'UNKNOWN', 'HEALTHY')
const unhealthy = transition(2, 'HEALTHY', 'UNHEALTHY')

const recorded = (operatorId: string, version: number) => ({
  auditId: `audit ${operatorId} ${version}`,
  operatorId,
  version,
})

const SOUND: Facts = {
  operators: [live, gone],
  listed: { 'admin API': [live], 'internal API': [live] },
  credentials: [{ operatorId: 'live', status: 200, genuine: true }],
  secrets: ['live', 'gone'],
  cleanups: [
    { operatorId: 'gone', reason: 'deleted', due: false },
    { operatorId: 'swept', reason: 'abandoned', due: true },
  ],
  audit: [live, gone].flatMap(({ operatorId }) => [recorded(operatorId, 1), recorded(operatorId, 2)]),
  auditEvents: [live, gone].flatMap(({ operatorId }) => [
    { messageId: `audit ${operatorId} 1` },
    { messageId: `audit ${operatorId} 2` },
  ]),
  rules: [
    { ruleId: 'routes', operatorId: 'live', active: true },
    { ruleId: 'rests', operatorId: 'live', active: false },
    { ruleId: 'ended', operatorId: 'gone', active: true },
  ],
  destinations: ['routes'],
  ruleCounts: { live: 2, gone: 1 },
  servedRules: ['rests', 'routes'],
  overlaps: [],
  runningKeys: 0,
  unpublished: 0,
  configEvents: [
    told('live', 'created', 1),
    told('gone', 'created', 1),
    told('live', 'updated', 2),
    told('gone', 'deleted', 2),
  ],
  healthEvents: [healthy, unhealthy],
  healthLog: [healthy, unhealthy],
  health: [{ operatorId: 'live', state: 'UNHEALTHY', transitions: 2 }],
}

t.test('a sound service contradicts itself nowhere', async (t) => {
  t.same(contradictions(SOUND), [])
})

/** What is wrong, and what is said of it. */
const UNSOUND: readonly (readonly [string, Partial<Facts>, RegExp])[] = [
  ['an API that shows an operator that is not finished', { operators: [...SOUND.operators, pending] }, /provisional/],
  ['an API that hides one', { listed: { ...SOUND.listed, 'internal API': [] } }, /internal API lists \[\]/],
  ['an API that shows a deleted one', { listed: { 'admin API': [live, gone] } }, /admin API lists/],
  ['an API that shows another version', { listed: { 'admin API': [{ ...live, version: 3 }] } }, /version 3/],
  [
    'credentials that cannot be read',
    { credentials: [{ operatorId: 'live', status: 503, genuine: false }] },
    /live: its credentials .* \(503\)/,
  ],
  [
    'credentials of another version',
    { credentials: [{ operatorId: 'live', status: 200, genuine: false }] },
    /live: its credentials/,
  ],
  ['a secret without a row', { secrets: ['live', 'gone', 'stray'] }, /stray: a secret without/],
  [
    'a secret of an operator that is not finished',
    { operators: [...SOUND.operators, pending], secrets: ['pending'] },
    /pending: a secret without/,
  ],
  [
    'a secret that outlives its retention',
    { cleanups: [{ operatorId: 'gone', reason: 'deleted', due: true }] },
    /gone: a secret without/,
  ],
  [
    'a clean-up of an operator that lives',
    { cleanups: [...SOUND.cleanups, { operatorId: 'live', reason: 'provisional', due: false }] },
    /live: lives, but/,
  ],
  ['an event that was never published', { unpublished: 1 }, /1 events of the outbox/],
  [
    'an event that is missing',
    { configEvents: SOUND.configEvents.slice(0, 3) },
    /gone: the stream has \[operator\.config\.created\.v1 1\], not/,
  ],
  [
    'events of one version that are two',
    { configEvents: [...SOUND.configEvents, { ...told('live', 'updated', 2), messageId: 'other' }] },
    /live: the stream has/,
  ],
  ['events out of order', { configEvents: SOUND.configEvents.toReversed() }, /live: the stream has/],
  [
    'an event that is stored twice',
    { configEvents: SOUND.configEvents.map((event) => ({ ...event, messageId: 'same' })) },
    /event same is in its stream more than once/,
  ],
  [
    'an event of a change that never was',
    { configEvents: [...SOUND.configEvents, told('stray', 'created', 1)] },
    /stray: told of/,
  ],
  ['history that is missing', { audit: SOUND.audit.slice(1) }, /live: the audit log has \[2\], not \[1, 2\]/],
  ['history of a change that never was', { audit: [...SOUND.audit, recorded('stray', 1)] }, /stray/],
  ['history that nobody was told of', { auditEvents: SOUND.auditEvents.slice(1) }, /the audit stream has/],
  [
    'history that was told twice',
    { auditEvents: [...SOUND.auditEvents, ...SOUND.auditEvents.slice(0, 1)] },
    /event audit live 1 is in its stream more than once/,
  ],
  ['an active rule without its range', { destinations: [] }, /destination prefixes are of \[\], not \[routes\]/],
  ['the range of a rule that does not route', { destinations: ['routes', 'rests'] }, /destination prefixes/],
  ['the range of a deleted operator', { destinations: ['ended', 'routes'] }, /destination prefixes/],
  ['a snapshot without a rule', { servedRules: ['routes'] }, /the snapshot has \[routes\], not/],
  ['a number of rules that is wrong', { ruleCounts: { live: 3, gone: 1 } }, /live: the number of its rules is \[3\]/],
  ['rules that overlap', { overlaps: ['live: +93 overlaps +9370'] }, /\+93 overlaps/],
  ['a key whose request is gone', { runningKeys: 1 }, /1 idempotency keys/],
  ['a transition without an event', { healthEvents: [healthy] }, /live: the stream has/],
  ['a transition without a log row', { healthLog: [healthy] }, /live: the health log has \[1\], not \[1, 2\]/],
  [
    'transitions that are no chain',
    { healthLog: [healthy, { ...unhealthy, previousState: 'DEGRADED' }] },
    /live: its transitions are no chain/,
  ],
  [
    'a state that no transition led to',
    { health: [{ operatorId: 'live', state: 'DEGRADED', transitions: 2 }] },
    /live: its state is \[DEGRADED\], not \[UNHEALTHY\]/,
  ],
]

for (const [what, facts, complaint] of UNSOUND) {
  t.test(`${what} is found`, async (t) => {
    t.match(contradictions({ ...SOUND, ...facts }).join('\n'), complaint)
  })
}
