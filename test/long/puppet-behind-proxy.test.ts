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

/** A proxy's port does not refuse: its puppet is dead by three bad answers, or by 2 s of silence. A second is for a busy machine. */
const WITHDRAWN_MS = 2600 + 1000
/** Until it is found again; HAProxy tries a dead server again after a second. */
const BACK_MS = 600 + 1000 + 1000

for (const proxy of PROXIES) {
  it.runIf(isShown(proxy))(
    `a puppet behind ${proxy.name} is withdrawn and found again in the bounds`,
    async () => {
      const { killedMs, backMs, stoppedMs } = await tellProxyStory(proxy, registry)
      expect(killedMs).toBeLessThan(WITHDRAWN_MS)
      expect(stoppedMs).toBeLessThan(WITHDRAWN_MS)
      expect(backMs).toBeLessThan(BACK_MS)
    },
  )
}
