/** The trace-id field of a W3C Trace Context `traceparent`, null where there is none. */
export const traceIdOf = (traceparent: string | null): string | null => traceparent?.split('-')[1] ?? null
