/** What an operator's API shows of it, and what its row says. */
export type Versions = Readonly<{ operatorId: string; version: number; credentialsVersion: number }>

export type OperatorFact = Versions & Readonly<{ provisioning: 'PENDING' | 'READY'; deleted: boolean }>

export type RuleFact = Readonly<{ ruleId: string; operatorId: string; active: boolean }>

export type Transition = Readonly<{
  operatorId: string
  transition: number
  previousState: string
  newState: string
}>

/** The whole service at one moment in which nobody writes, as each of its parts tells it. Lists are in their order. */
export type Facts = Readonly<{
  /** All rows, deleted ones too. */
  operators: readonly OperatorFact[]
  /** By API. */
  listed: Readonly<Record<string, readonly Versions[]>>
  /** Of each operator of the internal API: `genuine` when it is what Vault holds under the version that the row names. */
  credentials: readonly Readonly<{ operatorId: string; status: number; genuine: boolean }>[]
  /** Whose secrets Vault has. */
  secrets: readonly string[]
  cleanups: readonly Readonly<{ operatorId: string; reason: string; due: boolean }>[]
  audit: readonly Readonly<{ auditId: string; operatorId: string; version: number }>[]
  /** Rows of the outbox that are not published, the parked ones included. */
  unpublished: number
  configEvents: readonly Readonly<{ operatorId: string; subject: string; version: number; messageId: string }>[]
  auditEvents: readonly Readonly<{ messageId: string }>[]
  /** All rows, those of deleted operators too. */
  rules: readonly RuleFact[]
  /** The ruleIds of the table that is made from them. */
  destinations: readonly string[]
  /** How many rules each operator's row says that it has. */
  ruleCounts: Readonly<Record<string, number>>
  /** The ruleIds that the snapshot of the internal API shows. */
  servedRules: readonly string[]
  /** Pairs of active rules of one operator that overlap, as text. */
  overlaps: readonly string[]
  /** Idempotency keys whose request neither ended nor failed. */
  runningKeys: number
  healthEvents: readonly (Transition & Readonly<{ messageId: string }>)[]
  healthLog: readonly Transition[]
  health: readonly Readonly<{ operatorId: string; state: string; transitions: number }>[]
}>

/** Every way in which the parts contradict each other, one line each; none when the service is sound. */
export const contradictions = (facts: Facts): string[] => [
  ...ofVisibility(facts),
  ...ofSecrets(facts),
  ...ofConfigEvents(facts),
  ...ofAuditEvents(facts),
  ...ofRules(facts),
  ...ofHealth(facts),
  ...(facts.runningKeys > 0 ? [`${facts.runningKeys} idempotency keys whose requests are gone`] : []),
]

/** That an operator is seen complete or not at all. Holds at every moment, also before anything was cleaned up. */
export function ofVisibility({ operators, listed, credentials }: Pick<Facts, 'operators' | 'listed' | 'credentials'>) {
  const live = operators.filter(isLive).map(versions).toSorted()
  const lists = Object.entries(listed).flatMap(([api, seen]) =>
    differences(`${api} lists`, seen.map(versions).toSorted(), live),
  )
  const unreadable = credentials
    .filter(({ status, genuine }) => status !== 200 || !genuine)
    .map(({ operatorId, status }) => `${operatorId}: its credentials are not those that its row names (${status})`)
  return [...lists, ...unreadable]
}

function ofSecrets({ operators, secrets, cleanups }: Facts): string[] {
  const rows = new Map(operators.map((row) => [row.operatorId, row]))
  const kept = new Set(cleanups.filter(({ reason, due }) => reason === 'deleted' && !due).map((row) => row.operatorId))
  const pending = operators.filter(({ provisioning }) => provisioning === 'PENDING')
  const ownerless = secrets.filter((operatorId) => {
    const row = rows.get(operatorId)
    return row === undefined || (row.deleted ? !kept.has(operatorId) : !isLive(row))
  })
  const doomed = cleanups.filter(({ operatorId }) => {
    const row = rows.get(operatorId)
    return row !== undefined && isLive(row)
  })
  return [
    ...pending.map(({ operatorId }) => `${operatorId}: still provisional`),
    ...ownerless.map((operatorId) => `${operatorId}: a secret without an operator`),
    ...doomed.map(({ operatorId }) => `${operatorId}: lives, but its secret is to be destroyed`),
  ]
}

function ofConfigEvents({ operators, audit, unpublished, configEvents }: Facts): string[] {
  const history = Map.groupBy(audit, ({ operatorId }) => operatorId)
  const told = Map.groupBy(configEvents, ({ operatorId }) => operatorId)
  const committed = operators.filter(({ provisioning }) => provisioning === 'READY')
  const perOperator = committed.flatMap(({ operatorId, version, deleted }) => [
    ...differences(
      `${operatorId}: the stream has`,
      (told.get(operatorId) ?? []).map((event) => `${event.subject} ${event.version}`),
      counted(version).map((at) => `${subjectOf(at, deleted && at === version)} ${at}`),
    ),
    ...differences(
      `${operatorId}: the audit log has`,
      (history.get(operatorId) ?? []).map((row) => row.version),
      counted(version),
    ),
  ])
  const known = new Set(committed.map(({ operatorId }) => operatorId))
  const strangers = [...new Set([...told.keys(), ...history.keys()])].filter((operatorId) => !known.has(operatorId))
  return [
    ...perOperator,
    ...strangers.map((operatorId) => `${operatorId}: told of, but never committed`),
    ...repeated(configEvents),
    ...(unpublished > 0 ? [`${unpublished} events of the outbox are not published`] : []),
  ]
}

const ofAuditEvents = ({ audit, auditEvents }: Facts): string[] => [
  ...differences(
    'the audit stream has',
    [...new Set(auditEvents.map(({ messageId }) => messageId))].toSorted(),
    audit.map(({ auditId }) => auditId).toSorted(),
  ),
  ...repeated(auditEvents),
]

function ofRules({ operators, rules, destinations, ruleCounts, servedRules, overlaps }: Facts): string[] {
  const live = new Set(operators.filter(isLive).map(({ operatorId }) => operatorId))
  const ofLive = rules.filter(({ operatorId }) => live.has(operatorId))
  const ids = (of: readonly RuleFact[]) => of.map(({ ruleId }) => ruleId).toSorted()
  const routing = ids(ofLive.filter(({ active }) => active))
  const byOperator = Map.groupBy(rules, ({ operatorId }) => operatorId)
  return [
    ...differences('the destination prefixes are of', destinations.toSorted(), routing),
    ...differences('the snapshot has', servedRules.toSorted(), ids(ofLive)),
    ...operators.flatMap(({ operatorId }) =>
      differences(
        `${operatorId}: the number of its rules is`,
        [ruleCounts[operatorId] ?? 0],
        [byOperator.get(operatorId)?.length ?? 0],
      ),
    ),
    ...overlaps,
  ]
}

function ofHealth({ health, healthLog, healthEvents }: Facts): string[] {
  const logged = Map.groupBy(healthLog, ({ operatorId }) => operatorId)
  const told = Map.groupBy(healthEvents, ({ operatorId }) => operatorId)
  const states = new Map(health.map((row) => [row.operatorId, row]))
  const operatorIds = new Set([...logged.keys(), ...told.keys(), ...states.keys()])
  const perOperator = [...operatorIds].flatMap((operatorId) => {
    const log = logged.get(operatorId) ?? []
    const { state, transitions } = states.get(operatorId) ?? { state: 'UNKNOWN', transitions: 0 }
    const chain = log.map(({ previousState }, index) => [previousState, log[index - 1]?.newState ?? 'UNKNOWN'])
    return [
      ...differences(`${operatorId}: the stream has`, (told.get(operatorId) ?? []).map(step), log.map(step)),
      ...differences(
        `${operatorId}: the health log has`,
        log.map(({ transition }) => transition),
        counted(transitions),
      ),
      ...(chain.every(([from, before]) => from === before) ? [] : [`${operatorId}: its transitions are no chain`]),
      ...differences(`${operatorId}: its state is`, [state], [log.at(-1)?.newState ?? 'UNKNOWN']),
    ]
  })
  return [...perOperator, ...repeated(healthEvents)]
}

const isLive = ({ provisioning, deleted }: OperatorFact): boolean => provisioning === 'READY' && !deleted

const versions = (of: Versions): string =>
  `${of.operatorId} version ${of.version} with credentials ${of.credentialsVersion}`

const step = ({ transition, previousState, newState }: Transition): string =>
  `${transition} ${previousState} -> ${newState}`

const counted = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1)

const subjectOf = (version: number, deleted: boolean): string =>
  `operator.config.${deleted ? 'deleted' : version === 1 ? 'created' : 'updated'}.v1`

const repeated = (events: readonly Readonly<{ messageId: string }>[]): string[] =>
  [...Map.groupBy(events, ({ messageId }) => messageId)]
    .filter(([, same]) => same.length > 1)
    .map(([messageId]) => `event ${messageId} is in its stream more than once`)

function differences<T>(what: string, found: readonly T[], expected: readonly T[]): string[] {
  if (found.length === expected.length && found.every((one, index) => one === expected[index])) return []
  return [`${what} [${found.join(', ')}], not [${expected.join(', ')}]`]
}
