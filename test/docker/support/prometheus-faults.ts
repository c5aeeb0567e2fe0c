import { type Matcher, readQuery } from './prometheus-query.ts'
import type { Served } from './prometheus-served.ts'

/** Labels that Prometheus adds to what it scrapes: from its configuration, and from a PodMonitor. */
const ADDED_LABELS: ReadonlySet<string> = new Set([
  'job',
  'instance',
  'namespace',
  'pod',
  'container',
  'endpoint',
])
/** Series that Prometheus makes itself for each target. */
const ADDED_SERIES: ReadonlySet<string> = new Set(['up'])

/** What a query asks for and nobody serves, in words; empty if all is there. */
export function faultsOf(query: string, served: Served): string[] {
  const { selectors, groupings } = readQuery(query)
  return [
    ...selectors.flatMap(({ name, matchers }) =>
      isServed(name, served)
        ? matchers.flatMap((matcher) => faultsOfMatcher(name, matcher, served))
        : [`nobody serves ${name}`],
    ),
    ...groupings.flatMap(({ labels, names }) =>
      labels
        .filter((label) => !isLabelOf(label, names, served))
        .map((label) => `none of ${names.join(', ')} has the label ${label}`),
    ),
  ]
}

/** Labels among `labels` that none of a query's series has. */
export function unknownLabels(labels: readonly string[], query: string, served: Served): string[] {
  const names = readQuery(query).selectors.map(({ name }) => name)
  return labels.filter((label) => !isLabelOf(label, names, served))
}

function faultsOfMatcher(name: string, { label, operator, value }: Matcher, served: Served): string[] {
  if (ADDED_LABELS.has(label)) return []
  const values = served.get(name)?.get(label)
  if (values === undefined) return [`${name} has no label ${label}`]
  return wordsOf(operator, value).flatMap((word) =>
    values.has(word) || (operator.includes('~') && [...values].some((each) => matches(word, each)))
      ? []
      : [`${name} never has ${label}="${word}", but ${[...values].join(', ')}`],
  )
}

/** The alternatives of `a|b|c`, each of which has to be there; anything else is one. */
function wordsOf(operator: string, value: string): string[] {
  return operator.includes('~') && /^[\w|]*$/.test(value) ? value.split('|') : [value]
}

/** Prometheus's patterns are anchored at both ends. */
function matches(pattern: string, value: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(value)
}

function isServed(name: string, served: Served): boolean {
  return served.has(name) || ADDED_SERIES.has(name)
}

function isLabelOf(label: string, names: readonly string[], served: Served): boolean {
  return ADDED_LABELS.has(label) || names.some((name) => served.get(name)?.has(label))
}
