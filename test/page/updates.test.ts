import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Peer } from '../support/child.ts'
import { waitUntil } from '../support/wait.ts'
import { chromiumPath } from './support/chromium.ts'
import { type Daemons, startDaemons } from './support/daemons.ts'
import { untilSentence, untilText } from './support/reading.ts'
import { useViewer } from './support/viewer.ts'

const FINDABLE = /Findable( at .+)? for /
const PUPPET_AWAY = /Not findable: the puppet does not answer/

const withoutEventSource = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    Reflect.deleteProperty(window, 'EventSource')
  })

/** What the page asks for beside its files, in order. */
function recordRequests(page: Page, requests: string[]): void {
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url())
    // Its list of tokens asks for more than the status of all.
    const isOfList = pathname === '/status' && search !== '?limit=1'
    if (/^\/(updates|history|status)$/.test(pathname) && !isOfList) requests.push(pathname.slice(1))
  })
}

/** Opens streams of updates until the server has no place for another. */
async function takeAllPlaces(port: number): Promise<readonly IncomingMessage[]> {
  const readers: IncomingMessage[] = []
  while (readers.length < 100) {
    const [response] = (await once(get({ port, path: '/updates', agent: false }), 'response')) as [
      IncomingMessage,
    ]
    response.on('error', () => {}).resume()
    if (response.statusCode === 503) return readers
    readers.push(response)
  }
  throw new Error('there is place for all')
}

/** A browser without a window shows all of its pages. */
const turn = (page: Page, state: 'hidden' | 'visible'): Promise<unknown> =>
  page.evaluate((wanted) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: wanted === 'hidden' })
    document.dispatchEvent(new Event('visibilitychange'))
  }, state)

describe.runIf(chromiumPath !== undefined)('the page goes on by itself', () => {
  const viewer = useViewer()
  let daemons: Daemons
  let puppet: Peer
  beforeAll(async () => {
    daemons = await startDaemons()
    puppet = await daemons.startPuppet()
  })

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['in a browser without EventSource', withoutEventSource],
    ['where the stream of updates is cut', (page) => page.route('**/updates', (route) => route.abort())],
    ['where the stream of updates is held back', (page) => page.route('**/updates', () => {})],
  ])('%s', async (_, prepare) => {
    const page = await viewer.open(daemons.adminPort, { prepare })
    await untilSentence(page, FINDABLE)
    puppet.kill('SIGKILL')
    await untilSentence(page, PUPPET_AWAY)
    puppet = await daemons.startPuppet()
    await untilSentence(page, FINDABLE)
  })

  it('where all places for readers are taken, by asking, at once', async () => {
    const readers = await takeAllPlaces(daemons.adminPort)
    const requests: string[] = []
    const page = await viewer.open(daemons.adminPort, {
      prepare: async (opened) => {
        recordRequests(opened, requests)
        // No time passes in which it would find out by itself that nothing comes.
        await opened.clock.install()
        await opened.clock.pauseAt(Date.now() + 1000)
      },
    })
    await untilSentence(page, FINDABLE)
    await page.clock.resume()
    puppet.kill('SIGKILL')
    await untilSentence(page, PUPPET_AWAY)
    puppet = await daemons.startPuppet()
    await untilSentence(page, FINDABLE)
    for (const reader of readers) reader.destroy()
    expect(requests.filter((each) => each === 'updates')).toHaveLength(1)
    expect(requests.filter((each) => each === 'history').length).toBeGreaterThan(2)
  })

  it.each<[string, (page: Page) => Promise<unknown>, boolean]>([
    ['by events', async () => {}, false],
    ['by asking', withoutEventSource, true],
  ])('it says that the sidecar is away, and comes back with it, %s', async (_, prepare, asks) => {
    const requests: string[] = []
    const page = await viewer.open(daemons.adminPort, {
      prepare: async (opened) => {
        recordRequests(opened, requests)
        await prepare(opened)
      },
    })
    await untilSentence(page, FINDABLE)
    daemons.sidecar.command.kill('SIGKILL')
    await untilText(page, /No connection to the sidecar since \d\d:\d\d:\d\d/)
    await daemons.startSidecar()
    await untilText(page, /^(?!.*No connection)/s)
    await untilSentence(page, FINDABLE)
    expect(requests.includes('history')).toBe(asks)
    expect(requests.includes('status')).toBe(asks)
    expect(requests.includes('updates')).toBe(!asks)
  })

  it('it opens a stream anew that has fallen silent, and asks for nothing', async () => {
    const requests: string[] = []
    const page = await viewer.open(daemons.adminPort, {
      prepare: async (opened) => {
        recordRequests(opened, requests)
        await opened.clock.install()
      },
    })
    await untilSentence(page, FINDABLE)
    expect(requests).toEqual(['updates'])
    for (const streams of [2, 3]) {
      await page.clock.fastForward(30_000)
      await waitUntil(() => requests.length >= streams, { timeoutMs: 15_000, what: 'another stream' })
      await untilText(page, /^(?!.*No connection)/s)
    }
    await page.clock.runFor(10_000)
    expect(requests).toEqual(['updates', 'updates', 'updates'])
  })

  it('where it asks it tries every minute whether events come through by now, and asks no more if they do', async () => {
    const requests: string[] = []
    const page = await viewer.open(daemons.adminPort, {
      prepare: async (opened) => {
        await opened.route('**/updates', (route) => route.abort())
        await opened.clock.install()
        recordRequests(opened, requests)
      },
    })
    const count = (name: string): number => requests.filter((each) => each === name).length
    await untilSentence(page, FINDABLE)
    expect([count('updates'), count('history') > 0]).toEqual([1, true])
    await page.clock.fastForward(61_000)
    await waitUntil(() => count('updates') === 2, { timeoutMs: 15_000, what: 'another attempt' })
    const asked = count('history')
    await waitUntil(() => count('history') > asked, { timeoutMs: 15_000, what: 'it to go on asking' })
    await page.unroute('**/updates')
    const opened = page.waitForResponse('**/updates')
    await page.clock.fastForward(61_000)
    await opened
    // What it has asked for already may still be under way.
    await waitUntil(
      async () => {
        const before = count('history')
        await page.clock.runFor(5000)
        return count('history') === before
      },
      { timeoutMs: 15_000, what: 'it to ask no more' },
    )
    await untilSentence(page, FINDABLE)
  })

  it('a page that is hidden keeps no connection: one that is opened after six others comes, and each goes on when it is shown', async () => {
    const first = await viewer.open(daemons.adminPort)
    await untilSentence(first, FINDABLE)
    await turn(first, 'hidden')
    for (let other = 2; other <= 7; other += 1) {
      const page = await first.context().newPage()
      await page.goto(first.url(), { timeout: 15_000 })
      await untilSentence(page, FINDABLE)
      await turn(page, 'hidden')
    }
    puppet.kill('SIGKILL')
    await turn(first, 'visible')
    await untilSentence(first, PUPPET_AWAY)
    puppet = await daemons.startPuppet()
    await untilSentence(first, FINDABLE)
  })
})
