/** On each container: which process of which machine it belongs to. */
export const LABELS = {
  host: 'oms.devstack.host',
  ownerPid: 'oms.devstack.owner-pid',
  ownerStartedAt: 'oms.devstack.owner-started-at',
} as const
