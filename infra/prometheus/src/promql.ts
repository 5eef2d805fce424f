import { parser } from '@prometheus-io/lezer-promql'
import type { SyntaxNode } from '@lezer/common'

export type LabelMatcher = Readonly<{ name: string; op: string; value: string }>

/** A metric as an expression asks for it. */
export type Selector = Readonly<{ metric: string; labels: readonly LabelMatcher[] }>

/**
 * Every selector of an expression, in its order, with `__name__` taken as the name of the metric. Throws a SyntaxError on
 * what is not PromQL, and on a selector that names no single metric.
 */
export function selectorsOf(expression: string): readonly Selector[] {
  return nodes(expression, 'VectorSelector').map((node) => selectorAt(expression, node))
}

/** The labels named by `by`, `without`, `on`, `ignoring`, `group_left` and `group_right`, each once. */
export function groupingLabelsOf(expression: string): readonly string[] {
  const lists = nodes(expression, 'GroupingLabels').flatMap((list) => list.getChildren('LabelName'))
  return [...new Set(lists.map((label) => textOf(expression, label)))]
}

function nodes(expression: string, type: string): SyntaxNode[] {
  const found: SyntaxNode[] = []
  parser.parse(expression).iterate({
    enter(reference) {
      if (reference.type.isError) throw new SyntaxError(`not PromQL at character ${reference.from}: ${expression}`)
      if (reference.name === type) found.push(reference.node)
    },
  })
  return found
}

function selectorAt(expression: string, node: SyntaxNode): Selector {
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
  const labels = matchers.map((matcher) => matcherAt(expression, matcher))
  const identifier = node.getChild('Identifier')
  const named = labels.find(({ name, op }) => name === '__name__' && op === '=')
  const metric = identifier === null ? named?.value : textOf(expression, identifier)
  if (metric === undefined) throw new SyntaxError(`names no metric: ${textOf(expression, node)}`)
  return { metric, labels: labels.filter((label) => label !== named) }
}

const matcherAt = (expression: string, matcher: SyntaxNode): LabelMatcher => ({
  name: textOf(expression, matcher.getChild('LabelName')),
  op: textOf(expression, matcher.getChild('MatchOp')),
  value: unquoted(textOf(expression, matcher.getChild('StringLiteral'))),
})

const textOf = (expression: string, node: SyntaxNode | null): string =>
  node === null ? '' : expression.slice(node.from, node.to)

/** PromQL quotes as Go does: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals */
function unquoted(literal: string): string {
  const inside = literal.slice(1, -1)
  return literal.startsWith('`') ? inside : inside.replaceAll(/\\(.)/g, '$1')
}
