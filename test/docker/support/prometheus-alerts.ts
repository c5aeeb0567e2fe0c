import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../docker/grafana/${name}`, import.meta.url))
export const ALERTS_FILE = file('alerts.yml')
export const ALERT_TESTS_FILE = file('alerts.test.yml')

/** A rule of Prometheus. */
export interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** What promtool is to see of one alert at one time. */
export interface AlertTest {
  readonly alertname: string
  readonly exp_alerts: readonly unknown[]
}

export function readAlerts(): Alert[] {
  const { groups } = parse(readFileSync(ALERTS_FILE, 'utf8')) as { groups: { rules: Alert[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

export function readAlertTests(): AlertTest[] {
  const { tests } = parse(readFileSync(ALERT_TESTS_FILE, 'utf8')) as {
    tests: { alert_rule_test: AlertTest[] }[]
  }
  return tests.flatMap(({ alert_rule_test }) => alert_rule_test)
}

/** Whether this machine has promtool. */
export function hasPromtool(): boolean {
  try {
    promtool('--version')
    return true
  } catch {
    return false
  }
}

/** Runs promtool and returns what it says; throws with that where it fails. */
export function promtool(...args: readonly string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
