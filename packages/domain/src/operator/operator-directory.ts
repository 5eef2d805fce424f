import type { RoutingRule } from '../routing/routing-rule.ts'
import type { OperatorView } from './operator.ts'
import type { OperatorId } from './operator-id.ts'

/** `rules` come by prefix and ruleId. */
export type DirectoryEntry = OperatorView & Readonly<{ rules: readonly RoutingRule[] }>

/** Live operators with their rules, as peer services read them. Rejects with DEPENDENCY_UNAVAILABLE. */
export interface OperatorDirectory {
  find(operatorId: OperatorId): Promise<DirectoryEntry | undefined>
  /** Changes whenever the configuration of any operator does; health does not touch it. */
  configurationTag(): Promise<string>
  /** Every live operator from one snapshot of the database, without holding them all in memory. */
  stream(): AsyncIterable<DirectoryEntry>
}
