import { afterAll, beforeAll, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { isShown, PROXIES, tellProxyStory } from '../support/puppet-proxies.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

let registry: RegistryProcess
beforeAll(async () => {
  registry = await startRegistryProcess()
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

for (const proxy of PROXIES) {
  const test = isShown(proxy) ? it.concurrent : it.skip
  test(`a puppet behind ${proxy.name} is found while it lives, withdrawn when it is killed or stopped, and found again when it is back`, async () => {
    const { killedCode } = await tellProxyStory(proxy, registry)
    expect(killedCode).toMatch(/^PUPPET_(UNAVAILABLE|SILENT)$/)
  })
}
