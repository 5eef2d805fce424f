import postgres from 'postgres'

/** Milliseconds from the query to the text, and its octets. */
export type BareSnapshot = Readonly<{ milliseconds: number; octets: number }>

/** All operators with their rules as one text: the two queries, put together, JSON.stringify. */
export function openBareSnapshot(databaseUrl: string) {
  const sql = postgres(databaseUrl, { max: 1, fetch_types: false, onnotice: () => {} })
  return async (): Promise<BareSnapshot> => {
    const since = performance.now()
    const operators = await sql<{ operatorId: string }[]>`
      SELECT o.operator_id AS "operatorId", name, host, port, system_id AS "systemId", system_type AS "systemType",
        bind_type AS "bindType", json_build_object('maxTps', max_tps, 'burstMultiplier', burst_multiplier, 'burstWindowMs',
        burst_window_ms, 'enforcementMode', enforcement_mode) AS "tpsLimit", status,
        CASE WHEN h.last_received_at >= now() - interval '1 minute' THEN h.state ELSE 'UNKNOWN' END AS "healthState",
        coalesce(h.last_received_at < now() - interval '1 minute', false) AS "healthStale", notes, mno_id AS "mnoId",
        credentials_version AS "credentialsVersion", version, created_at AS "createdAt", created_by AS "createdBy",
        updated_at AS "updatedAt", updated_by AS "updatedBy"
      FROM ops.operators o LEFT JOIN ops.operator_health h ON h.operator_id = o.operator_id
      WHERE provisioning = 'READY' AND deleted_at IS NULL ORDER BY o.operator_id`
    const rules = await sql<{ operatorId: string }[]>`
      SELECT rule_id AS "ruleId", operator_id AS "operatorId", prefix, mcc, mnc, priority, weight,
        cost_per_segment AS "costPerSegment", currency, active, allow_nested AS "allowNested", created_at AS "createdAt",
        created_by AS "createdBy", updated_at AS "updatedAt", updated_by AS "updatedBy"
      FROM ops.routing_rules ORDER BY prefix, rule_id`
    const rulesOf = Map.groupBy(rules, ({ operatorId }) => operatorId)
    const whole = operators.map((operator) => ({ ...operator, rules: rulesOf.get(operator.operatorId) ?? [] }))
    const text = JSON.stringify({ generatedAt: new Date(), operators: whole })
    return { milliseconds: performance.now() - since, octets: Buffer.byteLength(text) }
  }
}
