import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from './support/chromium.ts'
import { type Daemons, startDaemons } from './support/daemons.ts'
import { untilSentence, untilText } from './support/reading.ts'
import { useViewer } from './support/viewer.ts'

/** What has the focus: its role's name, as a screen reader says it. */
const focused = (page: Page): Promise<string> => page.locator(':focus').ariaSnapshot()

describe.runIf(chromiumPath !== undefined)('without a mouse', () => {
  const viewer = useViewer()
  let daemons: Daemons
  beforeAll(async () => {
    daemons = await startDaemons()
  })

  it('the stretches of the timeline are reached, and say when they were and why', async () => {
    const puppet = await daemons.startPuppet()
    await daemons.sidecar.until('the registration', ({ registrations }) => registrations.registered === 1)
    await puppet.stop()
    const page = await viewer.open(daemons.adminPort)
    await untilSentence(page, /Not findable: the puppet/)
    for (let stop = 0; stop < 20; stop += 1) {
      await page.keyboard.press('Tab')
      if (/button "Puppet: /.test(await focused(page))) break
    }
    const cause = 'nothing listens on 127\\.0\\.0\\.1:\\d+ PUPPET_REFUSED'
    const why = new RegExp(`Puppet: unhealthy since \\d\\d:\\d\\d:\\d\\d: ${cause}`)
    expect(await focused(page)).toMatch(why)
    await untilText(page, why)
    await page.keyboard.press('ArrowLeft')
    await untilText(page, /Puppet: healthy from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d \(.+\)/)
    // One stop for each band, and not one for each stretch.
    await page.keyboard.press('Tab')
    expect(await focused(page)).toMatch(/button "Registry: reachable/)
  })

  it('the sentence is read out when it changes its meaning, and not each second', async () => {
    const page = await viewer.open(daemons.adminPort)
    await untilSentence(page, /Not findable: the puppet/)
    const spoken = page.getByRole('status').first()
    expect(await spoken.innerText()).toMatch(/^Not findable: the puppet does not answer \([^)]+\)$/)
    const puppet = await daemons.startPuppet()
    await untilSentence(page, /Findable/)
    expect(await spoken.innerText()).toMatch(/^Findable/)
    await puppet.stop()
  })

  it('nothing moves if that is unwanted', async () => {
    const page = await viewer.open(daemons.adminPort, { reducedMotion: 'reduce' })
    await untilSentence(page, /./)
    const moving = await page.evaluate(() =>
      document.getAnimations().map((animation) => animation.id || String(animation.effect)),
    )
    expect(moving).toEqual([])
  })
})
