import { type DestinationStream, type LoggerOptions, type Logger as PinoLogger, pino } from 'pino'
import { scrubFields } from './scrub.ts'
import { printable, serializeError } from './serialize-error.ts'
import { currentTrace } from './tracing.ts'

export type Logger = PinoLogger

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
  const options: LoggerOptions = {
    level,
    base: { service: SERVICE, app },
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    // In the bindings of child loggers; in lines the hook has done it before.
    serializers: { err: (error: unknown) => (error instanceof Error ? serializeError(error) : error) },
    mixin: traceFields,
    hooks: {
      logMethod(args, method) {
        method.apply(this, scrubArguments(args) as typeof args)
      },
    },
  }
  const logger = destination === undefined ? pino(options) : pino(options, destination)
  return withScrubbedBindings(logger)
}

function traceFields(): object {
  const current = currentTrace()
  return current === undefined ? {} : { traceId: current.traceId, spanId: current.spanId }
}

/** pino would take `error.message` as the message of the line. */
function scrubArguments([first, ...rest]: readonly unknown[]): unknown[] {
  const interpolated = rest.map((arg) => (typeof arg === 'object' && arg !== null ? scrubFields(arg) : arg))
  if (first instanceof Error) {
    return [{ err: serializeError(first) }, ...(rest.length === 0 ? [printable(first).message] : interpolated)]
  }
  return [typeof first === 'object' && first !== null ? scrubFields(first) : first, ...interpolated]
}

/** Child loggers are made with the parent as prototype, so one override serves them all. */
function withScrubbedBindings(logger: Logger): Logger {
  const child = logger.child
  logger.child = function (this: Logger, bindings: object, options: object | undefined) {
    return child.call(this, scrubFields(bindings), options)
  } as typeof logger.child
  return logger
}
