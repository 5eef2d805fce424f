import {
  OperatorResource,
  RoutingRuleResource,
  time,
  toOperatorResource,
  toRoutingRuleResource,
} from '@oms/adapters/http'
import type { DirectoryEntry } from '@oms/domain'
import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** An operator with its rules, as peer services keep it. Health in it is advisory. */
export const DirectoryResource = Type.Composite(
  [OperatorResource, Type.Object({ rules: Type.Array(RoutingRuleResource) })],
  {
    title: 'OperatorWithRules',
  },
)

/** An answer from the directory, for a route's `schema.response`. */
export const directoryResponse = <T extends TSchema>(description: string, schema: T): T => ({
  ...schema,
  description,
  headers: { ETag: Type.String({ description: 'Of the configuration; health never changes it' }) },
})

export const toDirectoryResource = (entry: DirectoryEntry): Static<typeof DirectoryResource> => ({
  ...toOperatorResource(entry),
  rules: entry.rules.map(toRoutingRuleResource),
})

/** The cold-start snapshot; the route writes it piece by piece. */
export const SnapshotResource = Type.Object(
  {
    generatedAt: time,
    operators: Type.Array(DirectoryResource),
  },
  { title: 'Snapshot' },
)
