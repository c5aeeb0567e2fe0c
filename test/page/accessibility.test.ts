import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Peer } from '../support/child.ts'
import { chromiumPath } from './support/chromium.ts'
import { type Daemons, startDaemons, TOKEN } from './support/daemons.ts'
import { untilSentence, untilText } from './support/reading.ts'
import { useViewer } from './support/viewer.ts'

/** What axe finds wrong: the rule, and where. */
async function violations(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate(async () => (window as unknown as { axe: typeof axe }).axe.run())
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}

const LOOKS = [
  { look: 'light and wide', colorScheme: 'light', width: 1280 },
  { look: 'dark and wide', colorScheme: 'dark', width: 1280 },
  { look: 'light and narrow', colorScheme: 'light', width: 360 },
  { look: 'dark and narrow', colorScheme: 'dark', width: 360 },
] as const

describe.runIf(chromiumPath !== undefined)('axe finds nothing', () => {
  const viewer = useViewer()
  let daemons: Daemons
  let puppet: Peer
  beforeAll(async () => {
    daemons = await startDaemons()
    puppet = await daemons.startPuppet()
  })
  afterAll(() => daemons.registry.peers.end())

  async function expectNone(port: number, ready: (page: Page) => Promise<unknown>): Promise<void> {
    const page = await viewer.open(port)
    await ready(page)
    // The policy of the page holds for what the page loads, not for the debugger's protocol.
    await page.evaluate(axe.source)
    for (const { look, colorScheme, width } of LOOKS) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      expect(await violations(page), look).toEqual([])
    }
  }

  it('on the page of a sidecar that is well', async () => {
    await expectNone(daemons.adminPort, (page) => untilSentence(page, /Findable at .+ for /))
  })

  it('on the page of a registry that is well', async () => {
    await expectNone(daemons.registry.adminPort, (page) => untilSentence(page, /Serving 1 token/))
  })

  it('in trouble, on both', async () => {
    await daemons.registry.peers.register({ token: TOKEN, answers: 4000 })
    await expectNone(daemons.registry.adminPort, (page) => untilText(page, /several registrants/i))
    await puppet.stop()
    await expectNone(daemons.adminPort, (page) => untilSentence(page, /Not findable: the puppet/))
  })
})
