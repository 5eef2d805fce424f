export type LeaseName = 'relay' | 'sweeper' | 'partition-keeper' | 'silence-watch'

/** Leases live 10 s on PostgreSQL's clock. Two holders for a moment must be harmless to whoever uses one. */
export interface Leases {
  /** Takes a free or expired lease, or prolongs the holder's own. False while another holds it. */
  hold(name: LeaseName, holder: string): Promise<boolean>
  release(name: LeaseName, holder: string): Promise<void>
}
