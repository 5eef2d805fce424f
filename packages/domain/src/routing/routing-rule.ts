import type { OperatorId } from '../operator/operator-id.ts'

/** Destination prefix → operator. `costPerSegment` is decimal text with six places; a float would change money. */
export type RoutingRule = Readonly<{
  ruleId: string
  operatorId: OperatorId
  prefix: string
  mcc: string | null
  mnc: string | null
  priority: number
  weight: number
  costPerSegment: string
  currency: string
  active: boolean
  allowNested: boolean
  createdAt: Date
  createdBy: string
  updatedAt: Date
  updatedBy: string
}>
