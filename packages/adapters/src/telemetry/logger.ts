import type { WithoutSecrets, WriteLine } from '@oms/domain'
import {
  type ChildLoggerOptions,
  type DestinationStream,
  type LoggerOptions,
  type Logger as PinoLogger,
  pino,
} from 'pino'
import { scrubFields } from './scrub.ts'
import { printable, serializeError } from './serialize-error.ts'
import { childOf, type TraceContext } from './trace-context.ts'
import { currentTrace } from './tracing.ts'

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** pino's, for fields without a Secret: the compiler looks for one, and `scrub` once more when the line is written. */
export type Logger = Pick<PinoLogger, 'level' | 'silent'> &
  Readonly<Record<Level, WriteLine>> & {
    child<T extends object>(fields: T & WithoutSecrets<T>, options?: ChildLoggerOptions): Logger
  }

export type LoggerSettings = Readonly<{
  level: string
  app: string
  /** Where lines go; stdout when absent. */
  destination?: DestinationStream
}>

const SERVICE = 'operator-management-service'

/**
 * JSON lines with `level` as text, `ts`, `service`, `app`, `traceId` and `spanId`. Whatever is logged is first reduced
 * to what may be seen: secrets, driver errors and secret-like keys never reach a line.
 */
export function createLogger({ level, app, destination }: LoggerSettings): Logger {
  // Of what is logged outside of any request or batch.
  const life = childOf(undefined)
  const options: LoggerOptions = {
    level,
    base: { service: SERVICE, app },
    timestamp: createTimestamp(),
    formatters: { level: (label) => ({ level: label }) },
    // In the bindings of child loggers; in lines the hook has done it before.
    serializers: { err: (error: unknown) => (error instanceof Error ? serializeError(error) : error) },
    hooks: {
      logMethod(args, method) {
        method.apply(this, scrubArguments(args, currentTrace() ?? life) as typeof args)
      },
    },
  }
  const logger = destination === undefined ? pino(options) : pino(options, destination)
  return withScrubbedBindings(logger)
}

/** As pino wants it. To spell a time costs a quarter of a line, and under load several lines share one millisecond. */
function createTimestamp(): () => string {
  let spelt = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== spelt) text = `,"ts":"${new Date(now).toISOString()}"`
    spelt = now
    return text
  }
}

/** pino would take `error.message` as the message of the line. */
function scrubArguments([first, ...rest]: readonly unknown[], { traceId, spanId }: TraceContext): unknown[] {
  const line = { traceId, spanId }
  const interpolated = rest.map((arg) => (typeof arg === 'object' && arg !== null ? scrubFields(arg) : arg))
  if (first instanceof Error) {
    return [{ ...line, err: serializeError(first) }, ...(rest.length === 0 ? [printable(first).message] : interpolated)]
  }
  if (typeof first === 'object' && first !== null) return [scrubFields(first, line), ...interpolated]
  return [line, first, ...interpolated]
}

/** Child loggers are made with the parent as prototype, so one override serves them all. */
function withScrubbedBindings(logger: PinoLogger): Logger {
  const child = logger.child
  logger.child = function (this: PinoLogger, bindings: object, options: object | undefined) {
    return child.call(this, scrubFields(bindings), options)
  } as typeof logger.child
  return logger
}
