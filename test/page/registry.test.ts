import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { waitUntil } from '../support/wait.ts'
import { chromiumPath } from './support/chromium.ts'
import { untilSentence, untilText } from './support/reading.ts'
import { useViewer } from './support/viewer.ts'

const TOKEN = 'insecure_3f1d6a-registry-page'
const OTHER = 'insecure_77aa10-registry-page'

describe.runIf(chromiumPath !== undefined)('the page of a registry', () => {
  const viewer = useViewer()
  afterEach(stopAllPeers)

  /** Waits until these tokens are listed, in this order. */
  const untilListed = (page: Page, tokens: readonly string[]): Promise<unknown> => {
    const names = tokens.map(publicName).join(' ')
    const listed = async (): Promise<boolean> => {
      const rows = await page.locator('.tokens tbody tr').allInnerTexts()
      return rows.map((row) => row.slice(0, 12)).join(' ') === names
    }
    return waitUntil(listed, { timeoutMs: 15_000, what: `the list of ${names}` })
  }

  it('tells of registrants that come, share a token, leave, and whose port does not open, with what to do', async () => {
    const registry = await startRegistryProcess({ REGISTRY_REACHABILITY_NETWORKS: '127.0.0.0/8' })
    const page = await viewer.open(registry.adminPort)
    await untilSentence(page, /^Ready, but nobody is registered/)
    await registry.peers.register({ token: TOKEN, answers: registry.port })
    await untilSentence(page, /^Serving 1 token of 1 registrant for /)

    const second = await registry.peers.register({ token: TOKEN, answers: registry.port, from: '127.0.0.9' })
    await untilSentence(page, /^Serving 1 token; 1 has several registrants$/)
    await untilText(page, /To do: end the other one, or give each puppet its own token/)
    await untilText(page, /from 127\.0\.0\.9/)
    second.socket.terminate()
    await untilSentence(page, /^Serving 1 token of 1 registrant for /)

    await registry.peers.register({ token: OTHER, answers: await freePort() })
    const seenMs = await untilSentence(page, /^Serving 2 tokens; 1 cannot be reached$/)
    await untilText(page, /To do: open or map the port/)
    // The line of the log comes a second after it, and not with the next update that is due anyway, in ten.
    const readMs = await untilText(page, /cannot be opened from here: nothing listens there/)
    expect(readMs - seenMs).toBeLessThan(5000)
    await untilListed(page, [OTHER, TOKEN])
    await page.getByLabel('Filter').fill(publicName(TOKEN).slice(0, 8))
    await untilText(page, /1 token with/)
    await untilListed(page, [TOKEN])
    expect(await page.content()).not.toContain(TOKEN)
  })

  it('tells who was refused, for which reason, and what to do', async () => {
    const registry = await startRegistryProcess({ REGISTRY_MAX_REGISTRANTS_PER_ADDRESS: '1' })
    await registry.peers.register({ token: TOKEN })
    for (let count = 0; count < 3; count += 1) await registry.peers.refused({ token: OTHER })
    const page = await viewer.open(registry.adminPort)
    await untilText(page, /3 registrants: their address had as many registrants as it may have/)
    await untilText(page, /To do: raise REGISTRY_MAX_REGISTRANTS_PER_ADDRESS/)
  })

  it('tells that it drains, and how many registrants are left', async () => {
    const registry = await startRegistryProcess({ REGISTRY_DRAIN: '10s' })
    for (const token of [TOKEN, OTHER]) await registry.peers.register({ token })
    const page = await viewer.open(registry.adminPort)
    await untilSentence(page, /^Serving 2 tokens/)
    registry.command.kill('SIGTERM')
    await untilSentence(page, /^Draining: 1 registrant left to send away for /)
  })
})
