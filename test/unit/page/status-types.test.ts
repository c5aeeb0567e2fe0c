import { expect, it } from 'vitest'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import type { RegistryStatus } from '../../../src/page/registry/status.ts'
import type { SidecarStatus } from '../../../src/page/sidecar/status.ts'
import { statusReport as registryReport } from '../../../src/registry/status-report.ts'
import { statusReport as sidecarReport } from '../../../src/sidecar/status/status-report.ts'
import { standIn } from '../registry/server-stand-in.ts'
import { stateOf } from '../sidecar/status/status-harness.ts'

const common = { version: '1.2.3', uptimeMs: 0, nowMs: 0, query: { offset: 0, limit: 1, text: '' } }

// That they have the types that the pages read is held by the compiler.
it("the sidecar's page reads what its /status says", async () => {
  const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_types-1' })
  const { sidecarState } = stateOf(['registered'])
  const damping = { withdrawals: 0, holdMs: 0 }
  const status: SidecarStatus = sidecarReport(sidecarState, { ...common, config, damping })
  expect(status.tokens).toHaveLength(1)
})

it("the registry's page reads what its /status says", () => {
  const status: RegistryStatus = registryReport(standIn().server, {
    ...common,
    date: new Date(),
    draining: false,
    reachability: 'off',
    listening: [],
    list: undefined,
    certificate: undefined,
  })
  expect(status.tokens).toEqual([])
})
