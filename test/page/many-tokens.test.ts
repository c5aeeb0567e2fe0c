import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { report } from '../netns/support/report.ts'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { percentiles } from '../support/percentile.ts'
import { type Served, serveOn } from '../support/serve.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { chromiumPath } from './support/chromium.ts'
import { text, untilSentence, untilText } from './support/reading.ts'
import { startViewer, type Viewer } from './support/viewer.ts'

const COUNT = 10_000
const ROUNDS = 7
/** The first paint, beside that of an empty page: three are wanted, and what it was is reported; on a busy machine the two differ by chance. */
const PAINT_RATIO = 6
/** How long nothing that is typed or scrolled may wait, in milliseconds. */
const TASK_MS = 200
/** What the page may keep, in bytes: all of its JavaScript's memory, when it has been tidied up. */
const MEMORY_BYTES = 60e6

const tokens = Array.from({ length: COUNT }, () => `insecure_${randomUUID()}`)

/** Notes tasks that hold up the page, from its very beginning. */
const noteLongTasks = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const noted: number[] = []
    Reflect.set(window, 'longTasks', noted)
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) noted.push(duration)
    }).observe({ type: 'longtask', buffered: true })
  })

/** Those since it was asked last. */
const longTasks = (page: Page): Promise<number[]> =>
  page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0))

/** Milliseconds from the beginning of the navigation until something can be seen. */
const firstPaintMs = (page: Page): Promise<number> =>
  waitUntil(
    () =>
      page.evaluate(
        () =>
          performance.getEntriesByType('paint').find(({ name }) => name === 'first-contentful-paint')
            ?.startTime,
      ),
    { timeoutMs: 15_000, what: 'the first paint' },
  )

/** What its JavaScript keeps, in bytes. */
async function keptBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN
}

describe.runIf(chromiumPath !== undefined)('with 10,000 tokens', () => {
  let viewer: Viewer
  let sidecar: Sidecar
  let empty: Served
  beforeAll(async () => {
    const emptyPage = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>empty</title><p>empty</p>')
    })
    empty = await serveOn(emptyPage, {})
    const tokenFile = join(makeTempDir(), 'tokens')
    writeFileSync(tokenFile, `${tokens.join('\n')}\n`)
    const registry = await startPeer('recording-registry', {})
    const puppet = await startPeer('grpc-server', { health: 'SERVING' })
    sidecar = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: tokenFile,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
      REGISTRAR_CONNECT_RATE: '1000',
    })
    await sidecar.until('all registrations', allRegistered, 55_000)
    viewer = await startViewer()
  })
  afterEach(async () => {
    await viewer.leave()
    expect(viewer.complaints()).toEqual([])
  })
  afterAll(async () => {
    await viewer.close()
    await stopAllPeers()
    await empty.close()
    removeTempDirs()
  })

  /** Milliseconds from the beginning of the navigation until the answer can be read. */
  const answerMs = async (page: Page): Promise<number> => {
    const readMs = await untilSentence(page, /Findable/)
    return readMs - (await page.evaluate(() => performance.timeOrigin))
  }

  it('the first paint does not wait for ten thousand tokens', async () => {
    const [ofEmpty, ofPage, answered]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      ofEmpty.push(await firstPaintMs(await viewer.open(empty.port)))
      await viewer.leave()
      const page = await viewer.open(sidecar.adminPort)
      answered.push(Math.round(await answerMs(page)))
      ofPage.push(await firstPaintMs(page))
      await viewer.leave()
    }
    report('first paint, and the answer, ms', { ofEmpty, ofPage, answered })
    // The best of each: whoever else uses the machine can only make them slower.
    expect(Math.min(...ofPage)).toBeLessThan(PAINT_RATIO * Math.min(...ofEmpty))
  })

  it('scrolling, turning pages and filtering hold nothing up, and little is kept', async () => {
    const page = await viewer.open(sidecar.adminPort, { prepare: noteLongTasks })
    await untilSentence(page, /Findable: all 10,000 tokens/)
    await untilText(page, /1 to 100 of 10,000 tokens/)
    const filter = page.getByRole('searchbox', { name: 'Filter' })
    const opening = await longTasks(page)
    const longest: number[] = []
    for (let round = 0; round < 3; round += 1) {
      for (let screen = 0; screen < 20; screen += 1) await page.mouse.wheel(0, 600)
      await page.getByRole('button', { name: 'Next' }).click()
      await untilText(page, /101 to 200 of 10,000 tokens/)
      const name = publicName(tokens[7777] ?? '')
      await filter.pressSequentially(name, { delay: 30 })
      await untilText(page, new RegExp(`^1 token with “${name}”$`, 'm'))
      expect(await page.getByRole('row', { name }).count()).toBe(1)
      await filter.fill('nobody is called so')
      await untilText(page, /No token with “nobody is called so”/)
      await filter.fill('')
      await untilText(page, /1 to 100 of 10,000 tokens/)
      longest.push(Math.max(0, ...(await longTasks(page))))
    }
    const bytes = await keptBytes(page)
    report('longest tasks, ms; JavaScript heap, bytes', { opening, longest, bytes })
    expect(percentiles(longest).p50).toBeLessThan(TASK_MS)
    expect(bytes).toBeLessThan(MEMORY_BYTES)
    // Tokens are secrets; the page has only their names.
    const read = await text(page)
    expect(tokens.filter((token) => read.includes(token))).toEqual([])
  })
})
