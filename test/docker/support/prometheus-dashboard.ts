import { readFileSync } from 'node:fs'

const FILE = new URL('../../../docker/grafana/dashboard.json', import.meta.url)

interface Datasource {
  readonly type: string
  readonly uid: string
}

/** What tests read of a panel of Grafana. A row has neither of the parts that may be missing. */
export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
  readonly description?: string
  readonly datasource?: Datasource
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly {
    readonly expr: string
    readonly datasource?: Datasource
    readonly legendFormat?: string
  }[]
  /** Those of a row that is closed. */
  readonly panels?: readonly Panel[]
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly query: string
  readonly datasource?: Datasource
}

/** What tests read of the dashboard. */
export interface Dashboard {
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly Panel[]
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

/** Every panel, those in closed rows too. */
export function panelsOf({ panels }: Pick<Dashboard, 'panels'>): Panel[] {
  return panels.flatMap((panel) => [panel, ...panelsOf({ panels: panel.panels ?? [] })])
}

/** The variables of a dashboard, and Grafana's own, each with something that may stand in its place. */
export function variablesOf({ templating }: Dashboard): ReadonlyMap<string, string> {
  const own = templating.list.map(({ name }) => [name, 'chosen'] as const)
  return new Map([...own, ['__rate_interval', '1m'], ['__interval', '15s'], ['__range', '6h']])
}

/** Puts something in the place of each variable, as Grafana does before it asks; throws for one that there is not. */
export function filledIn(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))|\[\[(\w+)\]\]/g, (written, ...names) => {
    const value = variables.get(names.slice(0, 3).find((name) => name !== undefined))
    if (value === undefined) throw new Error(`no such variable: ${written} in ${text}`)
    return value
  })
}

/** The query in Grafana's own `label_values(query, label)`, and the label. */
export function readLabelValues(text: string): { query: string; label: string } {
  const { query, label } = /^label_values\((?<query>.+), (?<label>\w+)\)$/.exec(text)?.groups ?? {}
  if (query === undefined || label === undefined) throw new Error(`not label_values(…, …): ${text}`)
  return { query, label }
}
