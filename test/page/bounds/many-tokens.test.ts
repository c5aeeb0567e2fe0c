import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publicName } from '../../../src/ops/redactor.ts'
import { report } from '../../netns/support/report.ts'
import { startPeer } from '../../support/child.ts'
import { percentiles } from '../../support/percentile.ts'
import { type Served, serveOn } from '../../support/serve.ts'
import { allRegistered, type Sidecar, startSidecar } from '../../support/sidecar.ts'
import { makeTempDir } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { chromiumPath } from '../support/chromium.ts'
import { pageMemory } from '../support/page-memory.ts'
import { text, untilSentence, untilText } from '../support/reading.ts'
import { useViewer } from '../support/viewer.ts'

const COUNT = 10_000
/** Pairs of an empty page and ours, one after the other. */
const PAIRS = 9
/** How much later the first paint may be than that of an empty page. */
const PAINT_RATIO = 3
/** How long nothing that is typed or scrolled may wait, in milliseconds. */
const TASK_MS = 200
/**
 * How much memory the page may take, in bytes: its whole process, which an empty page needs too, when it has been tidied up; before that, what it
 * has more than an empty page.
 */
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

describe.runIf(chromiumPath !== undefined)('with 10,000 tokens', () => {
  const viewer = useViewer()
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
    await sidecar.until('all registrations', allRegistered, 110_000)
  }, 120_000)
  afterAll(() => empty.close())

  /** Milliseconds from the beginning of the navigation until the answer can be read. */
  const answerMs = async (page: Page): Promise<number> => {
    const readMs = await untilSentence(page, /Findable/)
    return readMs - (await page.evaluate(() => performance.timeOrigin))
  }

  it('the first paint does not wait for ten thousand tokens', async () => {
    const [ofEmpty, ofPage, answered]: [number[], number[], number[]] = [[], [], []]
    for (let pair = 0; pair < PAIRS; pair += 1) {
      ofEmpty.push(await firstPaintMs(await viewer.open(empty.port)))
      await viewer.leave()
      const page = await viewer.open(sidecar.adminPort)
      answered.push(Math.round(await answerMs(page)))
      ofPage.push(await firstPaintMs(page))
      await viewer.leave()
    }
    const { p50: ratio } = percentiles(ofPage.map((ms, pair) => ms / (ofEmpty[pair] ?? Number.NaN)))
    report('first paint, and the answer, ms', { ofEmpty, ofPage, ratio, answered })
    expect(ratio).toBeLessThan(PAINT_RATIO)
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
    const ofPage = await pageMemory(page)
    const ofEmpty = await pageMemory(await viewer.open(empty.port))
    report('longest tasks, ms', { opening, longest })
    report('memory, bytes', { ofPage, ofEmpty })
    expect(Math.max(...longest)).toBeLessThan(TASK_MS)
    expect(ofPage.own).toBeLessThan(MEMORY_BYTES)
    expect(ofPage.untidied - ofEmpty.untidied).toBeLessThan(MEMORY_BYTES)
    // Tokens are secrets; the page has only their names.
    const read = await text(page)
    expect(tokens.filter((token) => read.includes(token))).toEqual([])
  })
})
