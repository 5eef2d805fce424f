import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DATASOURCE, OUR_JOBS } from './query.ts'

/** Which Prometheus. */
export const datasource = (): VariableModel =>
  new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus').build()

/** Values of `label` of the series of `selector`; all of them at first. */
function choice(label: string, selector: string): QueryVariableBuilder {
  const query = `label_values(${selector}, ${label})`
  return new QueryVariableBuilder(label)
    .datasource(DATASOURCE)
    .query({ query, refId: label })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] })
}

/** Which apps. */
export const job = (): VariableModel => choice('job', `up{${OUR_JOBS}}`).label('App').build()

/** Which replicas of the chosen apps. */
export const instance = (): VariableModel => choice('instance', `up{${OUR_JOBS}, job=~"$job"}`).label('Replica').build()
