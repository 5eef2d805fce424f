import type {
  AuditLog,
  CredentialsStore,
  HealthCache,
  HealthLog,
  HealthRepository,
  OperatorDirectory,
  OperatorId,
  OperatorRepository,
  RoutingRules,
} from '@oms/domain'
import type { SpansOf } from './port-spans.ts'

/**
 * The spans below a use case: `ops.<technology>.<what is done>`, with the operator where it is known. The read of one
 * operator has none: it is all of its use case, or what that spends outside of Vault, and its span would cost a tenth of it.
 */

const onOperator = (operatorId: OperatorId) => ({ attributes: { 'ops.operator_id': operatorId } })

export const OPERATOR_SPANS: SpansOf<OperatorRepository> = {
  list: () => ({ name: 'ops.pg.listOperators' }),
  holders: () => ({ name: 'ops.pg.findHolders' }),
  insertProvisional: ({ operatorId }) => ({ name: 'ops.pg.insertOperator', ...onOperator(operatorId) }),
  complete: ({ operatorId }) => ({ name: 'ops.pg.completeOperator', ...onOperator(operatorId) }),
  abandon: (operatorId) => ({ name: 'ops.pg.abandonOperator', ...onOperator(operatorId) }),
  change: (operatorId) => ({ name: 'ops.pg.changeOperator', ...onOperator(operatorId) }),
  wasCommitted: (operatorId) => ({ name: 'ops.pg.readBackCommit', ...onOperator(operatorId) }),
}

export const ROUTING_RULE_SPANS: SpansOf<RoutingRules> = {
  find: (operatorId) => ({ name: 'ops.pg.findRoutingRule', ...onOperator(operatorId) }),
  list: ({ operatorId }) => ({ name: 'ops.pg.listRoutingRules', ...onOperator(operatorId) }),
  destinationPrefixes: () => ({ name: 'ops.pg.listDestinationPrefixes' }),
  matching: () => ({ name: 'ops.pg.matchRoutingRules' }),
}

export const HEALTH_SPANS: SpansOf<HealthRepository> = {
  change: (operatorIds) => ({ name: 'ops.pg.recordHealth', attributes: { 'ops.operators': operatorIds.length } }),
  find: (operatorId) => ({ name: 'ops.pg.findHealth', ...onOperator(operatorId) }),
}

export const HEALTH_LOG_SPANS: SpansOf<HealthLog> = {
  list: ({ operatorId }) => ({ name: 'ops.pg.listHealthLog', ...onOperator(operatorId) }),
}

export const AUDIT_LOG_SPANS: SpansOf<AuditLog> = { list: () => ({ name: 'ops.pg.listAuditLog' }) }

export const DIRECTORY_SPANS: SpansOf<OperatorDirectory> = {
  configurationTag: () => ({ name: 'ops.pg.readConfigurationTag' }),
}

export const HEALTH_CACHE_SPANS: SpansOf<HealthCache> = {
  initialise: ({ operatorId }) => ({ name: 'ops.redis.setHealthCache', ...onOperator(operatorId) }),
  put: (entries) => ({ name: 'ops.redis.setHealthCache', attributes: { 'ops.operators': entries.length } }),
  get: (operatorId) => ({ name: 'ops.redis.getHealthCache', ...onOperator(operatorId) }),
  remove: (operatorId) => ({ name: 'ops.redis.removeHealthCache', ...onOperator(operatorId) }),
}

/** `pathOf`: where Vault keeps the secret of an operator. */
export function credentialsSpans(pathOf: (operatorId: OperatorId) => string): SpansOf<CredentialsStore> {
  const span = (name: string) => (operatorId: OperatorId) => ({
    name: `ops.vault.${name}`,
    attributes: { 'ops.operator_id': operatorId, 'vault.path': pathOf(operatorId) },
  })
  return {
    write: span('writeCredentials'),
    read: span('readCredentials'),
    latestVersion: span('readCredentialsVersion'),
  }
}
