import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { BytesIEC, PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { timeSeries } from '../kit/time-series.ts'
import { REPLICA, REPLICA_LEGEND } from './replica.ts'

const cpu = (): Panel =>
  timeSeries({
    title: 'Processor',
    description: 'Of one processor. Near 100 %: the one thread of the process is full, requests wait.',
    runbooks: ['app-overloaded'],
    unit: PercentUnit,
    queries: [{ expr: `rate(process_cpu_seconds_total{${REPLICA}}[$__rate_interval])`, legend: REPLICA_LEGEND }],
    width: 12,
  })

const memory = (): Panel =>
  timeSeries({
    title: 'Resident memory',
    description: 'What the limit of the container counts. A line that climbs for days: a leak; it ends with a restart.',
    runbooks: ['app-restarting'],
    unit: BytesIEC,
    queries: [{ expr: `process_resident_memory_bytes{${REPLICA}}`, legend: REPLICA_LEGEND }],
    width: 12,
  })

const heap = (): Panel =>
  timeSeries({
    title: 'Heap in use',
    description:
      'Without what is outside of JavaScript. Resident memory that climbs while this does not: buffers, or sockets.',
    runbooks: ['app-restarting'],
    unit: BytesIEC,
    queries: [{ expr: `nodejs_heap_size_used_bytes{${REPLICA}}`, legend: REPLICA_LEGEND }],
    width: 12,
  })

const handles = (): Panel =>
  timeSeries({
    title: 'Open file descriptors',
    description: 'Sockets and files. A line that only climbs: connections are not closed.',
    runbooks: ['app-overloaded'],
    unit: Short,
    queries: [{ expr: `process_open_fds{${REPLICA}}`, legend: REPLICA_LEGEND }],
    width: 12,
  })

export const resources = (): Row => ({ title: 'What they use', panels: [cpu(), memory(), heap(), handles()] })
