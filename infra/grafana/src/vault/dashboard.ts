import { dashboard } from '../kit/dashboard.ts'
import { firstScreen } from './first-screen.ts'
import { latency } from './latency.ts'
import { requests } from './requests.ts'

export const vault = () =>
  dashboard({
    uid: 'oms-vault',
    title: 'Vault',
    description: 'What the service asks of Vault, how long that takes, and what becomes of the secrets of operators.',
    tags: ['vault'],
    rows: [firstScreen(), latency(), requests()],
  })
