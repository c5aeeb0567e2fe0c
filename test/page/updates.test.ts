import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, stopAllPeers } from '../support/child.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { chromiumPath } from './support/chromium.ts'
import { type Daemons, startDaemons } from './support/daemons.ts'
import { untilSentence, untilText } from './support/reading.ts'
import { startViewer, type Viewer } from './support/viewer.ts'

const FINDABLE = /Findable( at .+)? for /
const PUPPET_AWAY = /Not findable: the puppet does not answer/

const withoutEventSource = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    Reflect.deleteProperty(window, 'EventSource')
  })

describe.runIf(chromiumPath !== undefined)('the page goes on by itself', () => {
  let viewer: Viewer
  let daemons: Daemons
  let puppet: Peer
  beforeAll(async () => {
    viewer = await startViewer()
    daemons = await startDaemons()
    puppet = await daemons.startPuppet()
  })
  afterEach(async () => {
    await viewer.leave()
    expect(viewer.complaints()).toEqual([])
  })
  afterAll(async () => {
    await viewer.close()
    await stopAllPeers()
    removeTempDirs()
  })

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['in a browser without EventSource', withoutEventSource],
    ['where the stream of updates is cut', (page) => page.route('**/updates', (route) => route.abort())],
    ['where the stream of updates is held back', (page) => page.route('**/updates', () => {})],
    [
      'where all places for readers are taken',
      (page) => page.route('**/updates', (route) => route.fulfill({ status: 503 })),
    ],
  ])('%s', async (_, prepare) => {
    const page = await viewer.open(daemons.adminPort, { prepare })
    await untilSentence(page, FINDABLE)
    puppet.kill('SIGKILL')
    await untilSentence(page, PUPPET_AWAY)
    puppet = await daemons.startPuppet()
    await untilSentence(page, FINDABLE)
  })

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['by events', async () => {}],
    ['by asking', withoutEventSource],
  ])('it says that the sidecar is away, and comes back with it, %s', async (_, prepare) => {
    const page = await viewer.open(daemons.adminPort, { prepare })
    await untilSentence(page, FINDABLE)
    daemons.sidecar.command.kill('SIGKILL')
    await untilText(page, /No connection to the sidecar since \d\d:\d\d:\d\d/)
    await daemons.startSidecar()
    await untilText(page, /^(?!.*No connection)/s)
    await untilSentence(page, FINDABLE)
  })
})
