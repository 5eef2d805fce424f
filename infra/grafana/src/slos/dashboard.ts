import { dashboard } from '../kit/dashboard.ts'
import { firstScreen } from './first-screen.ts'
import { objectiveRow } from './objective-row.ts'
import { OBJECTIVES } from './objectives.ts'

export const slos = () =>
  dashboard({
    uid: 'oms-slos',
    title: 'Service level objectives',
    description: 'What was promised, how much of what may go wrong is left, and how fast it burns.',
    tags: ['slo'],
    range: '2d',
    rows: [firstScreen(), ...OBJECTIVES.map(objectiveRow)],
  })
