import { expect, it } from 'vitest'
import type { HistoryReport } from '../../../src/history/report.ts'
import { isRegistryKnown, registryWords, retryWords } from '../../../src/page/sidecar/registry-words.ts'
import type { SidecarStatus } from '../../../src/page/sidecar/status.ts'

const registry: SidecarStatus['registry'] = {
  url: 'wss://registry.example/',
  proxy: null,
  retryInSeconds: null,
  published: { host: null, port: 8788 },
  reachable: true,
  since: '2026-03-01T09:00:00.000Z',
  code: null,
  reason: '',
}

function after(state: string): HistoryReport {
  const entry = { number: 1, at: registry.since, state, code: null, cause: '', changes: 0 }
  return { states: { registry: [entry] } } as unknown as HistoryReport
}

it.each([
  ['unknown', 'wss://registry.example/, not asked yet'],
  ['reachable', 'wss://registry.example/, reachable'],
])('a registry that is %s in the history: %s', (state, words) => {
  expect(registryWords(registry, isRegistryKnown(after(state)))).toBe(words)
})

it.each<readonly [SidecarStatus['puppet']['state'], number | null, string]>([
  ['healthy', 7, ', next attempt within 7 s'],
  ['healthy', 0, ''],
  ['healthy', null, ''],
  ['unhealthy', 7, ''],
  ['unknown', 7, ''],
])(
  'with a puppet that is %s and an attempt due in %s s, the next attempt is told as "%s"',
  (state, due, words) => {
    const puppet = { state } as SidecarStatus['puppet']
    expect(retryWords({ puppet, registry: { ...registry, reachable: false, retryInSeconds: due } })).toBe(
      words,
    )
  },
)
