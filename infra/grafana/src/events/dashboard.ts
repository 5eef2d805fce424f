import { dashboard } from '../kit/dashboard.ts'
import { firstScreen } from './first-screen.ts'
import { outbox } from './outbox.ts'
import { publishing } from './publishing.ts'

export const events = () =>
  dashboard({
    uid: 'oms-events',
    title: 'Events and outbox',
    description: 'From a committed change to its event in JetStream.',
    tags: ['events'],
    rows: [firstScreen(), publishing(), outbox()],
  })
