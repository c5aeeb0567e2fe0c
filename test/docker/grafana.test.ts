import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { readAlerts } from './support/prometheus-alerts.ts'
import {
  filledIn,
  panelsOf,
  readDashboard,
  readLabelValues,
  variablesOf,
} from './support/prometheus-dashboard.ts'
import { faultsOf, unknownLabels } from './support/prometheus-faults.ts'
import { type Served, scrapeProduct } from './support/prometheus-served.ts'

const dashboard = readDashboard()
const variables = variablesOf(dashboard)
const panels = panelsOf(dashboard)
const shown = panels.filter(({ type }) => type !== 'row')
const queries = dashboard.templating.list.filter(({ type }) => type === 'query')
const targets = shown.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat = '' }) => ({ title, legendFormat, expr })),
)
const alerts = readAlerts()

/** A query as Grafana asks it. */
const filled = (query: string): string => filledIn(query, variables)

/** What is wrong at a place, with the place's name before it. */
const at = (place: string, faults: readonly string[]): string[] => faults.map((fault) => `${place}: ${fault}`)

/** The names that a pattern finds in a text. */
const namesIn = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name)

let served: Served
beforeAll(async () => {
  served = await scrapeProduct()
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

describe('the dashboard', () => {
  it('asks only for series, labels and values that /metrics serves', () => {
    expect(targets.length).toBeGreaterThan(0)
    expect(targets.flatMap(({ title, expr }) => at(title, faultsOf(filled(expr), served)))).toEqual([])
  })

  it('fills its variables from what /metrics serves', () => {
    expect(queries.length).toBeGreaterThan(0)
    const faults = queries.flatMap(({ name, query }) => {
      const asked = readLabelValues(filled(query))
      return at(name, [
        ...faultsOf(asked.query, served),
        ...unknownLabels([asked.label], asked.query, served),
      ])
    })
    expect(faults).toEqual([])
  })

  it('names its lines only by labels that they have', () => {
    const faults = targets.flatMap(({ title, legendFormat, expr }) =>
      at(title, unknownLabels(namesIn(legendFormat, /\{\{\s*(\w+)\s*\}\}/g), filled(expr), served)),
    )
    expect(faults).toEqual([])
  })

  it('gives each panel an id of its own', () => {
    const ids = panels.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
  })

  it('lays no panel over another, nor outside of the 24 columns', () => {
    const taken = new Map<string, string>()
    const faults: string[] = []
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos
      if (x < 0 || x + w > 24) faults.push(`${title} is outside`)
      for (let column = x; column < x + w; column += 1) {
        for (let line = y; line < y + h; line += 1) {
          const cell = `${column},${line}`
          const other = taken.get(cell)
          if (other !== undefined) faults.push(`${title} lies over ${other} at ${cell}`)
          taken.set(cell, title)
        }
      }
    }
    expect(faults).toEqual([])
  })

  it('takes everything from the datasource that is chosen', () => {
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', query: 'prometheus' })
    const chosen = { type: 'prometheus', uid: `$\{datasource}` }
    for (const { title, datasource, targets = [] } of shown) {
      expect({ title, datasource }).toEqual({ title, datasource: chosen })
      expect(targets.length).toBeGreaterThan(0)
      for (const target of targets) expect(target).toMatchObject({ datasource: chosen })
    }
    for (const query of queries) expect(query).toMatchObject({ datasource: chosen })
  })

  it('says of each panel in a sentence what it shows', () => {
    for (const { title, description } of shown) {
      expect({ title, description }).toEqual({ title, description: expect.stringMatching(/^[A-Z].+ .+\.$/) })
    }
  })

  it('gives each panel its unit: seconds are s, bytes are bytes', () => {
    const units = ['none', 'bool_yes_no', 's', 'bytes', 'percentunit', 'ops', 'reqps']
    for (const { title, fieldConfig, targets = [] } of shown) {
      const unit = fieldConfig?.defaults.unit
      expect(units, title).toContain(unit)
      for (const { expr } of targets) {
        if (/_seconds(_bucket)?\b/.test(expr)) expect({ title, unit }).toEqual({ title, unit: 's' })
        if (/_bytes\b/.test(expr)) expect({ title, unit }).toEqual({ title, unit: 'bytes' })
      }
    }
  })
})

describe('the alerts', () => {
  it('ask only for series, labels and values that /metrics serves', () => {
    expect(alerts.length).toBeGreaterThan(0)
    expect(alerts.flatMap(({ alert, expr }) => at(alert, faultsOf(expr, served)))).toEqual([])
  })

  it('tell only of labels that they have', () => {
    const faults = alerts.flatMap(({ alert, expr, annotations = {} }) => {
      const named = namesIn(Object.values(annotations).join('\n'), /\$labels\.(\w+)/g)
      return at(alert, unknownLabels(named, expr, served))
    })
    expect(faults).toEqual([])
  })
})

// What these tests are made of sees what it is there for.
describe('a query', () => {
  const fault = (query: string): string[] => faultsOf(filled(query), served)

  it.each([
    ['puppet_registrar_registrations{job=~"$job", state="refused"}'],
    ['sum by (result) (rate(puppet_registrar_probes_total{result=~"ok|refused"}[$__rate_interval]))'],
    [
      'histogram_quantile(0.9, sum by (le, pod) (rate(puppet_registry_question_duration_seconds_bucket[5m])))',
    ],
    ['up{namespace="x"} == 0 and on (instance) puppet_registry_build_info{version=~"[0-9.]+"}'],
  ])('that is right has no fault: %s', (query) => {
    expect(fault(query)).toEqual([])
  })

  it.each([
    ['a series', 'sum(puppet_registrar_registration)', 'nobody serves puppet_registrar_registration'],
    ['a label', 'process_open_fds{state="idle"}', 'process_open_fds has no label state'],
    ['a value', 'puppet_registrar_registrations{state="lost"}', 'never has state="lost"'],
    ['an alternative', 'puppet_registrar_registrations{state=~"idle|lost"}', 'never has state="lost"'],
    ['a value that it excludes', 'puppet_registrar_registrations{state!="lost"}', 'never has state="lost"'],
    ['a pattern', 'puppet_registrar_registrations{state=~"lost.*"}', 'never has state="lost.*"'],
    ['a label after by', 'sum by (cause) (puppet_registrar_registrations)', 'has the label cause'],
    ['a label after on', 'process_open_fds / on (state) process_max_fds', 'has the label state'],
    [
      'a label of a series outside',
      'sum by (state) (up) + puppet_registrar_registrations',
      'has the label state',
    ],
  ])('that asks for %s nobody serves has a fault', (_what, query, words) => {
    expect(fault(query)).toEqual([expect.stringContaining(words)])
  })

  it.each([
    ['is none', 'sum(up', 'not understood'],
    ['names no series', '{job="x"}', 'without the name of a series'],
    ['has a series in quotes', '{"up"}', 'not understood'],
    ['has a variable that there is not', 'up{job="$jab"}', 'no such variable: $jab'],
    ['has such a variable in braces', `up{job="$\{jab:regex}"}`, 'no such variable'],
  ])('that %s is refused', (_what, query, words) => {
    expect(() => fault(query)).toThrow(words)
  })
})
