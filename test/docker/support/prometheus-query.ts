import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

/** One condition on a label. */
export interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

/** One name of a series in a query, with its conditions. */
export interface Selector {
  readonly name: string
  readonly matchers: readonly Matcher[]
}

/** Labels after `by`, `without`, `on`, `ignoring` and the like. */
export interface Grouping {
  readonly labels: readonly string[]
  /** The series below that aggregation or operator: one of them has to have the label. */
  readonly names: readonly string[]
}

/** What a query asks for. */
export interface Query {
  readonly selectors: readonly Selector[]
  readonly groupings: readonly Grouping[]
}

/** Reads PromQL by Prometheus's own grammar; throws where it is none, and for series and labels in quotes. */
export function readQuery(text: string): Query {
  const { topNode } = parser.parse(text)
  const wrong = all(topNode, (node) => node.type.isError || node.name === 'QuotedLabelName')[0]
  if (wrong !== undefined) throw new Error(`not understood from character ${wrong.from} on: ${text}`)
  return {
    selectors: selectorsIn(topNode, text),
    groupings: all(topNode, (node) => node.name === 'GroupingLabels').map((node) => ({
      labels: named(node, 'LabelName').map((label) => textOf(label, text)),
      names: selectorsIn(scopeOf(node), text).map(({ name }) => name),
    })),
  }
}

function selectorsIn(node: SyntaxNode, text: string): Selector[] {
  return named(node, 'VectorSelector').map((selector) => {
    const name = selector.getChild('Identifier')
    if (name === null) throw new Error(`a selector without the name of a series: ${text}`)
    return { name: textOf(name, text), matchers: matchersOf(selector, text) }
  })
}

function matchersOf(selector: SyntaxNode, text: string): Matcher[] {
  return named(selector, 'UnquotedLabelMatcher').map((matcher) => {
    const [label, operator, value] = ['LabelName', 'MatchOp', 'StringLiteral'].map((part) => {
      const child = matcher.getChild(part)
      if (child === null) throw new Error(`a matcher without a ${part}: ${text}`)
      return textOf(child, text)
    }) as [string, string, string]
    return { label, operator, value: unquoted(value) }
  })
}

/** The aggregation or the operator that a list of labels belongs to. */
function scopeOf(labels: SyntaxNode): SyntaxNode {
  let node: SyntaxNode | null = labels
  while (node !== null && node.name !== 'AggregateExpr' && node.name !== 'BinaryExpr') node = node.parent
  if (node === null) throw new Error('labels outside of an aggregation and of an operator')
  return node
}

function unquoted(literal: string): string {
  const inner = literal.slice(1, -1)
  if (literal.startsWith('`')) return inner
  return inner.replace(/\\(.)/g, '$1')
}

function named(node: SyntaxNode, name: string): SyntaxNode[] {
  return all(node, (each) => each.name === name)
}

/** The node itself, if it is wanted, and every wanted one below it. */
function all(node: SyntaxNode, wanted: (node: SyntaxNode) => boolean): SyntaxNode[] {
  const found: SyntaxNode[] = []
  const { from, to } = node
  node.cursor().iterate((each) => {
    if (each.from >= from && each.to <= to && wanted(each.node)) found.push(each.node)
  })
  return found
}

function textOf({ from, to }: SyntaxNode, text: string): string {
  return text.slice(from, to)
}
