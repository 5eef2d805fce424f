import type { AlertingRule } from '../../../prometheus/src/rule-files.ts'
import { dashboard } from '../kit/dashboard.ts'
import { job } from '../kit/variables.ts'
import { firstScreen } from './first-screen.ts'
import { http } from './http.ts'
import { operators } from './operators.ts'
import { versionsRow } from './versions.ts'

/** `alerts`: all that can fire. */
export const overview = (alerts: readonly AlertingRule[]) =>
  dashboard({
    uid: 'oms-overview',
    title: 'Operator Config Overview',
    description: 'Is anything wrong, what do admins change, what do callers get. Begin here.',
    tags: ['overview'],
    variables: [job()],
    rows: [firstScreen(alerts), operators(), http(), versionsRow()],
  })
