import { createdOperator } from '@oms/testkit'
import { judge } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import type { Tools } from '../suite.ts'
import type { Found } from './found.ts'
import type { Running } from './running-service.ts'

const GOAL = { name: 'credentials over mutual TLS', unit: 'req/s', bound: 'at least', goal: 0.8 } as const
const MILLISECONDS = { full: 3_000, quick: 1_000 }
const CONNECTIONS = 16
const OPERATORS = 50

/** Reads of credentials over kept-alive connections, against a server of twenty lines that makes the same Vault read. */
export async function credentialsBench(
  { service, caller, bare, vault, internal }: Running,
  tools: Tools,
): Promise<Found> {
  const operators = await Promise.all(Array.from({ length: OPERATORS }, () => createdOperator(service.admin)))
  const paths = operators.map(({ operatorId }) => `/v1/internal/operators/${operatorId}/credentials`)
  const load = { paths, connections: CONNECTIONS, milliseconds: tools.quick ? MILLISECONDS.quick : MILLISECONDS.full }
  const tls = { ...service.pki.server, ca: service.pki.ca }
  const server = { ...internal, url: await bare.ask('serveCredentials', { tls, vault }) }
  const measures = [internal, server].map((target) => () => caller.ask('getRate', { target, ...load }))
  for (const warmUp of measures) await warmUp()
  const [ours = [], baseline = []] = await measureRounds(measures, tools)
  return {
    results: [judge(GOAL, { ours, baseline })],
    notes: [
      `credentials over ${CONNECTIONS} connections: both read Vault with hashi-vault-js and connections kept alive, the baseline as the library comes, by axios, ours by node:http; ours alone looks for the operator in PostgreSQL, at who calls, and writes a line for each read`,
    ],
  }
}
