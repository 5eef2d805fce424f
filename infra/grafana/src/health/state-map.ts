import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { HEALTH_BY_SEVERITY, SEVERITY_OF_HEALTH } from '../kit/mappings.ts'
import { stat } from '../kit/stat.ts'
import { stateTimeline } from '../kit/state-timeline.ts'

/** A number for each operator. Two replicas tell of it for a moment when the relay moves: the worse one counts. */
const SEVERITY = Object.entries(SEVERITY_OF_HEALTH)
  .sort(([, one], [, other]) => other - one)
  .map(([state, severity]) => `max by (operator_id) (ops_operator_health{state="${state}"} == 1) * ${severity}`)
  .join(' or ')

const NOT_ALWAYS_HEALTHY =
  'max by (operator_id) (max_over_time(ops_operator_health{state!="HEALTHY"}[$__range] @ end())) == 1'

const map = (): Panel =>
  stat({
    title: 'Health state map',
    description:
      'One cell for each live operator, the worst first. Many red ones at once: not the carriers, but what we or smpp-connector stand on. Blue: nobody reports on it.',
    runbooks: ['operators-unhealthy', 'health-silent'],
    unit: Short,
    queries: [{ expr: `sort_desc(${SEVERITY})`, legend: '{{operator_id}}' }],
    mappings: [HEALTH_BY_SEVERITY],
    noValue: 'No replica leads the relay, which tells the states; or there is no operator.',
    showNames: true,
    width: 24,
    height: 12,
  })

const history = (): Panel =>
  stateTimeline({
    title: 'Operators that were not HEALTHY all the time',
    description: 'Since when, and whether it comes and goes. Many lines that turn at the same moment have one cause.',
    runbooks: ['operators-unhealthy', 'health-silent'],
    unit: Short,
    queries: [{ expr: `(${SEVERITY}) and on (operator_id) (${NOT_ALWAYS_HEALTHY})`, legend: '{{operator_id}}' }],
    mappings: [HEALTH_BY_SEVERITY],
    noValue: 'All were HEALTHY all the time.',
    width: 24,
    height: 10,
  })

export const stateMap = (): Row => ({ title: 'The state of each operator', panels: [map(), history()] })
