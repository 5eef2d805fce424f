import t from 'tap'
import { groupingLabelsOf, selectorsOf } from '../src/promql.ts'

t.test('the selectors of an expression are its metrics with their matchers', async (t) => {
  const expression = `
    sum by (job) (rate(ops_a_total{job="admin-api",result=~"error|\\\\w+"}[5m] offset 1m))
      / on (job) group_left (app) max_over_time(up[1h:1m]) > 0.1
    or absent({__name__="ops_b", op!~'x'}) unless slo:ops_c:rate5m`
  t.strictSame(selectorsOf(expression), [
    {
      metric: 'ops_a_total',
      labels: [
        { name: 'job', op: '=', value: 'admin-api' },
        { name: 'result', op: '=~', value: 'error|\\w+' },
      ],
    },
    { metric: 'up', labels: [] },
    { metric: 'ops_b', labels: [{ name: 'op', op: '!~', value: 'x' }] },
    { metric: 'slo:ops_c:rate5m', labels: [] },
  ])
  t.strictSame(groupingLabelsOf(expression), ['job', 'app'])
  t.strictSame(selectorsOf('vector(1)'), [])
})

t.test('what is not PromQL, or names no metric, is refused', async (t) => {
  for (const wrong of ['sum(', 'rate(ops_a_total[5])) > 1', 'ops_a_total{job=admin}', '{job="admin-api"}', '']) {
    t.throws(() => selectorsOf(wrong), SyntaxError, wrong)
  }
})
