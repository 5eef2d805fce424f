import { choice, nullableText } from '@oms/adapters/http'
import {
  HEALTH_STATES,
  LOST_REASONS,
  MAX_INACTIVE_SHOWN,
  OPERATOR_STATUSES,
  type Prefix,
  RANK_CRITERIA,
  type RankCriterion,
  type previewRouting,
  type RouteOption,
} from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'

const option = {
  operatorId: Type.String(),
  operatorName: Type.String(),
  ruleId: Type.String(),
  prefix: Type.String(),
  mcc: nullableText,
  mnc: nullableText,
  priority: Type.Integer(),
  weight: Type.Integer(),
  costPerSegment: Type.String({ description: 'Decimal text with six places' }),
  currency: Type.String(),
  healthState: choice(HEALTH_STATES),
  healthStale: Type.Boolean(),
}

const Candidate = Type.Object(
  {
    rank: Type.Integer({ minimum: 1 }),
    ...option,
    behindBecause: Type.Unsafe<RankCriterion | null>({
      type: ['string', 'null'],
      enum: [...RANK_CRITERIA, null],
      description: 'What puts it behind the one before it; null for the first',
    }),
  },
  { title: 'RouteCandidate' },
)

const Lost = Type.Object(
  {
    ...option,
    status: choice(OPERATOR_STATUSES),
    reason: Type.Unsafe<(typeof LOST_REASONS)[number]>({
      ...choice(LOST_REASONS),
      description: 'The first one that applies',
    }),
  },
  { title: 'LostRoute' },
)

export const RoutingPreviewResource = Type.Object(
  {
    to: Type.String(),
    candidates: Type.Array(Candidate),
    lost: Type.Array(Lost),
    lostTruncated: Type.Boolean({
      description: `There are more than ${MAX_INACTIVE_SHOWN} inactive rules: not all are listed`,
    }),
  },
  { title: 'RoutingPreview', description: 'Every rule that has a prefix of the number' },
)

export const toRoutingPreviewResource = (
  to: Prefix,
  { candidates, lost, lostTruncated }: Awaited<ReturnType<typeof previewRouting>>,
): Static<typeof RoutingPreviewResource> => ({
  to,
  candidates: candidates.map((candidate) => ({
    rank: candidate.rank,
    ...toOption(candidate),
    behindBecause: candidate.behindBecause,
  })),
  lost: lost.map((passedOver) => ({
    ...toOption(passedOver),
    status: passedOver.status,
    reason: passedOver.reason,
  })),
  lostTruncated,
})

const toOption = ({ rule, operatorName, healthState, healthStale }: RouteOption) => ({
  operatorId: rule.operatorId,
  operatorName,
  ruleId: rule.ruleId,
  prefix: rule.prefix,
  mcc: rule.mcc,
  mnc: rule.mnc,
  priority: rule.priority,
  weight: rule.weight,
  costPerSegment: rule.costPerSegment,
  currency: rule.currency,
  healthState,
  healthStale,
})
