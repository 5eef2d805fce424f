import { dashboard } from '../kit/dashboard.ts'
import { instance, job } from '../kit/variables.ts'
import { certificates } from './certificates.ts'
import { firstScreen } from './first-screen.ts'
import { loop } from './loop.ts'
import { resources } from './resources.ts'

export const processes = () =>
  dashboard({
    uid: 'oms-processes',
    title: 'Processes',
    description: 'The replicas of each app: whether they run, what they reach, what they use.',
    tags: ['processes'],
    variables: [job(), instance()],
    rows: [firstScreen(), resources(), loop(), certificates()],
  })
