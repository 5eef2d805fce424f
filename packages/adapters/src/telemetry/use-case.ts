import { type Attributes, SpanKind } from '@opentelemetry/api'
import { DomainError, type ErrorCode, IdempotencyKeyTaken, type WriteLine } from '@oms/domain'
import { FAMILIES } from './metric-families.ts'
import type { Metrics } from './metrics.ts'
import { withSpan } from './tracing.ts'

/** How a use case ended; `aborted`: its caller left before the answer was whole. */
export type UseCaseResult =
  | 'ok'
  | 'not_found'
  | 'duplicate'
  | 'conflict'
  | 'vault_error'
  | 'missing'
  | 'error'
  | 'aborted'

/** The families that count use cases by result. */
type Counted = 'operatorCreate' | 'operatorUpdate' | 'operatorDelete' | 'routingRuleCreate' | 'credentialsRead'

/** Who asks, and the log whose lines carry the id of the request. */
export type Asking = Readonly<{
  log: Readonly<Record<'info' | 'error', WriteLine>>
  identity: Readonly<Record<string, string>> | undefined
}>

export type UseCase<Action extends string, Answer> = Readonly<{
  action: Action
  operatorId?: string | undefined
  /** Where in Vault the secret is that it writes or reads. */
  vaultPath?: string | undefined
  /** `ok` if not given. */
  resultOf?: (answer: Answer) => UseCaseResult
}>

/** Runs a use case under its span, counts its result and writes its line. */
export type ObserveUseCase<Action extends string> = <Answer>(
  asking: Asking,
  useCase: UseCase<Action, Answer>,
  work: () => Promise<Answer>,
) => Promise<Answer>

export type UseCaseSettings<Action extends string> = Readonly<{
  /** What the name of each span begins with; the action is the rest. */
  spans: `ops.${string}`
  /** The counter of each action. A read has none: the duration of its route has a count. */
  counters: Readonly<Record<Action, Counted | undefined>>
  metrics: Pick<Metrics, Counted>
  /** Told of each failure, after its line. */
  onFailure?: (error: unknown, log: Asking['log'], operatorId: string | undefined) => void
}>

const RESULT_OF: Partial<Record<ErrorCode, UseCaseResult>> = {
  OPERATOR_NOT_FOUND: 'not_found',
  ROUTING_RULE_NOT_FOUND: 'not_found',
  DUPLICATE_OPERATOR: 'duplicate',
  DUPLICATE_NAME: 'duplicate',
  PREFIX_CONFLICT: 'conflict',
  VERSION_MISMATCH: 'conflict',
  INVALID_STATUS_TRANSITION: 'conflict',
  VAULT_UNAVAILABLE: 'vault_error',
  CREDENTIALS_MISSING: 'missing',
}

/** What a family counts a result as that it has no word for; an error where this is none of its words either. */
const NEXT_WORD: Partial<Record<UseCaseResult, UseCaseResult>> = { duplicate: 'conflict', missing: 'vault_error' }

export function observeUseCases<Action extends string>(settings: UseCaseSettings<Action>): ObserveUseCase<Action> {
  const { spans, counters, metrics, onFailure } = settings
  return (asking, useCase, work) => {
    const { operatorId, vaultPath, resultOf } = useCase
    const action: string = useCase.action
    const counter: Counted | undefined = counters[useCase.action]
    const since = performance.now()
    const attributes: Attributes = { 'ops.action': action }
    if (operatorId !== undefined) attributes['ops.operator_id'] = operatorId
    return withSpan(`${spans}.${action}`, { kind: SpanKind.SERVER, attributes }, async (span) => {
      const tell = (found: UseCaseResult, code?: ErrorCode) => {
        const result = counter === undefined ? found : labelOf(counter, found)
        if (counter !== undefined) metrics[counter].inc({ result })
        if (result !== 'ok') span.setAttribute('ops.result', result)
        const durationMs = Math.round((performance.now() - since) * 10) / 10
        asking.log.info({ action, operatorId, ...asking.identity, vaultPath, result, code, durationMs }, 'use case')
      }
      try {
        const answer = await work()
        tell(resultOf === undefined ? 'ok' : resultOf(answer))
        return answer
      } catch (error) {
        if (error instanceof DomainError) tell(RESULT_OF[error.code] ?? 'error', error.code)
        // Another request with the same key does it: this one comes back for its answer.
        else if (!(error instanceof IdempotencyKeyTaken)) tell('error')
        onFailure?.(error, asking.log, operatorId)
        throw error
      }
    })
  }
}

function labelOf(counter: Counted, result: UseCaseResult): UseCaseResult {
  const known: readonly string[] = FAMILIES[counter].labels.result
  if (known.includes(result)) return result
  const next = NEXT_WORD[result] ?? 'error'
  return known.includes(next) ? next : 'error'
}
