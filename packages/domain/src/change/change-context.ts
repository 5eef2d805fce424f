/** Who asks for a change and by which request: kept in the audit row and carried by the event. */
export type ChangeContext = Readonly<{
  /** JWT `sub`, or `migration-script`. */
  actor: string
  requestId: string | null
  /** W3C Trace Context header of the request. */
  traceparent: string | null
  /** Remote address as Kong forwards it. */
  sourceAddress: string | null
}>
