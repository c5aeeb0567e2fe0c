import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { removeTempDirs } from '../support/temp-dir.ts'
import {
  ALERT_TESTS_FILE,
  ALERTS_FILE,
  hasPromtool,
  promtool,
  readAlerts,
  readAlertTests,
} from './support/prometheus-alerts.ts'

const EXAMPLE = fileURLToPath(new URL('../../docker/prometheus/prometheus.yml', import.meta.url))
const alerts = readAlerts()
const tests = readAlertTests()
const names = alerts.map(({ alert }) => alert).sort()

afterAll(removeTempDirs)

describe('each alert', () => {
  it('has a name of its own', () => {
    expect(names).toEqual([...new Set(names)])
    expect(names.length).toBeGreaterThan(0)
  })

  it.each(alerts)('says how bad it is, what is wrong and what to do: $alert', ({ labels, annotations }) => {
    expect(['critical', 'warning']).toContain(labels?.severity)
    expect(annotations?.summary).toMatch(/.+\.$/)
    // What is wrong is a sentence, and what to do is another.
    expect(annotations?.description).toMatch(/^[A-Z].+\. [A-Z].+\.$/)
  })

  it('waits for what passes by itself: by "for", or by a range of 30 minutes', () => {
    const hasty = alerts.filter((alert) => alert.for === undefined && !alert.expr.includes('[30m]'))
    expect(hasty).toEqual([])
  })

  it.each([
    ['fires', (alerts: readonly unknown[]) => alerts.length > 0],
    ['is silent', (alerts: readonly unknown[]) => alerts.length === 0],
  ])('has a test of promtool in which it %s, and no other has', (_what, wanted) => {
    const tested = tests.filter(({ exp_alerts }) => wanted(exp_alerts)).map(({ alertname }) => alertname)
    expect([...new Set(tested)].sort()).toEqual(names)
  })
})

const found = hasPromtool()
const required = process.env.PROMTOOL === 'required'
if (!found && !required) {
  process.stderr.write('SKIPPED: no promtool here (Debian has it in "prometheus"), so NO ALERT WAS RUN.\n')
}

// Where everything has to be shown, a missing promtool is a failure.
describe.runIf(found || required)('promtool', () => {
  it('is there', () => {
    expect(found, 'PROMTOOL=required, and promtool is missing: apt-get install prometheus').toBe(true)
  })

  it('takes the rules', () => {
    expect(promtool('check', 'rules', ALERTS_FILE)).toContain(`SUCCESS: ${alerts.length} rules found`)
  })

  it('sees each alert fire when it should, and only then', () => {
    expect(promtool('test', 'rules', ALERT_TESTS_FILE)).toContain('SUCCESS')
  })

  it('takes the example of a configuration, with the rules beside it', () => {
    expect(promtool('check', 'config', EXAMPLE)).toContain('1 rule files found')
  })
})
