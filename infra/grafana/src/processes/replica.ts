/** The replicas that the reader chose. */
export const REPLICA = 'job=~"$job", instance=~"$instance"'

export const REPLICA_LEGEND = '{{job}} {{instance}}'
