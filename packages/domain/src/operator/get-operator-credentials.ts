import type { Credentials, CredentialsStore } from './credentials-store.ts'
import { getOperator } from './get-operator.ts'
import type { Operator } from './operator.ts'
import { readCredentials } from './operator-credentials.ts'
import type { OperatorId } from './operator-id.ts'
import type { OperatorRepository } from './operator-repository.ts'

export type GetOperatorCredentialsPorts = Readonly<{
  operators: Pick<OperatorRepository, 'find'>
  credentials: Pick<CredentialsStore, 'read'>
}>

export type OperatorWithCredentials = Readonly<{ operator: Operator; credentials: Credentials }>

/**
 * What smpp-connector needs for a bind. Rejects with OPERATOR_NOT_FOUND, VAULT_UNAVAILABLE, CREDENTIALS_MISSING (an
 * operator whose secret is gone: a person must look).
 */
export async function getOperatorCredentials(
  ports: GetOperatorCredentialsPorts,
  operatorId: OperatorId,
): Promise<OperatorWithCredentials> {
  const { operator } = await getOperator(ports, operatorId)
  return { operator, credentials: await readCredentials(ports.credentials, operator) }
}
