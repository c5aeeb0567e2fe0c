import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Peer } from '../support/child.ts'
import { waitUntil } from '../support/wait.ts'
import { chromiumPath } from './support/chromium.ts'
import { type Daemons, startDaemons } from './support/daemons.ts'
import { untilSentence } from './support/reading.ts'
import { screenshot } from './support/screenshot.ts'
import { useViewer } from './support/viewer.ts'

const LOOKS = [
  { look: 'light', colorScheme: 'light', viewport: { width: 840, height: 520 } },
  { look: 'dark', colorScheme: 'dark', viewport: { width: 840, height: 520 } },
  { look: 'light-narrow', colorScheme: 'light', viewport: { width: 340, height: 520 } },
  { look: 'dark-narrow', colorScheme: 'dark', viewport: { width: 340, height: 520 } },
] as const
/** All of them are downloaded with the documents, by whoever clones them, in bytes. */
const TOTAL_MAX = 600_000

/** For how long everything runs before pictures for the documents are taken, in milliseconds: as long as a timeline is at least. */
const LIFE_MS = process.env.SCREENSHOTS === undefined ? 0 : 185_000

/** What one has to scroll sideways for. */
const tooWide = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    const wide = [...document.querySelectorAll('main *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth,
    )
    return [`${scrollWidth} of ${clientWidth}`, ...wide.map(({ outerHTML }) => outerHTML.slice(0, 300))]
  })

/** The pictures of README and docs, which `npm run screenshots` makes anew. */
describe.runIf(chromiumPath !== undefined)('a picture in every look', () => {
  const viewer = useViewer()
  let daemons: Daemons
  let puppet: Peer
  let total = 0
  let beganMs = 0
  beforeAll(async () => {
    daemons = await startDaemons()
    puppet = await daemons.startPuppet()
    beganMs = Date.now()
  })
  afterAll(() => expect(total).toBeLessThan(TOTAL_MAX))

  async function take(name: string, port: number, ready: (page: Page) => Promise<unknown>): Promise<void> {
    for (const { look, ...options } of LOOKS) {
      const page = await viewer.open(port, options)
      await ready(page)
      await waitUntil(async () => (await tooWide(page)).length === 0, {
        timeoutMs: 5_000,
        what: `${name} to be as wide as its window`,
      }).catch(async ({ message }) => {
        throw new Error(`${message}\n${(await tooWide(page)).join('\n')}`)
      })
      total += await screenshot(page, `${name}-${look}`)
      await viewer.leave()
    }
  }

  const untilAge = (ageMs: number): Promise<unknown> =>
    waitUntil(() => Date.now() - beganMs >= ageMs, { timeoutMs: LIFE_MS + 1000, what: 'time to pass' })

  it('of a sidecar that is findable', async () => {
    // It has been away once.
    await untilAge(LIFE_MS * 0.6)
    const page = await viewer.open(daemons.adminPort)
    await untilSentence(page, /Findable at .+ for /)
    await puppet.stop()
    await untilSentence(page, /Not findable/)
    await untilAge(LIFE_MS * 0.65)
    puppet = await daemons.startPuppet()
    await untilAge(LIFE_MS)
    await take('sidecar-findable', daemons.adminPort, (opened) =>
      untilSentence(opened, /Findable at .+ for /),
    )
  }, 300_000)

  it('of a registry', async () => {
    await take('registry', daemons.registry.adminPort, (page) => untilSentence(page, /1 token/))
  })

  it('of a sidecar whose puppet is away', async () => {
    await puppet.stop()
    await take('sidecar-trouble', daemons.adminPort, (page) =>
      untilSentence(page, /Not findable: the puppet does not answer/),
    )
  })
})
