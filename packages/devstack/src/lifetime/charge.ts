import type { ProcessIdentity } from './processes.ts'

/** Something that must not outlive the process that made it. */
export type Charge =
  | (ProcessIdentity & Readonly<{ kind: 'process'; endSignal: NodeJS.Signals; withinMs: number }>)
  | Readonly<{ kind: 'container'; id: string; removeVolumes: boolean }>
  | Readonly<{ kind: 'folder'; path: string }>

export type Order = Readonly<{ order: 'watch' | 'release'; charge: Charge }>

export function chargeKey(charge: Charge): string {
  switch (charge.kind) {
    case 'process':
      return `process ${charge.pid} ${charge.startedAt}`
    case 'container':
      return `container ${charge.id}`
    case 'folder':
      return `folder ${charge.path}`
  }
}
