import { readFileSync } from 'node:fs'
import type { CDPSession, Page } from 'playwright-core'

/** What a page takes, in bytes. */
export interface PageMemory {
  /** Memory that the process which renders the page has for itself, with what nobody uses any more. */
  readonly untidied: number
  /** The same without that. */
  readonly own: number
  /** What its JavaScript keeps of that. */
  readonly heap: number
}

/** How much more a page takes for its process to be known, in bytes: more than others do meanwhile that are still starting. */
const MARK_BYTES = 256 << 20

/**
 * Reads what a page takes. Which of several processes renders it no protocol tells: it is the one that grows when the page does. That is done at
 * the end; the page has to be closed afterwards.
 */
export async function pageMemory(page: Page): Promise<PageMemory> {
  const browser = page.context().browser()
  if (browser === null) throw new Error('the page has no browser')
  const [ofBrowser, ofPage] = [await browser.newBrowserCDPSession(), await page.context().newCDPSession(page)]
  const untidied = await renderers(ofBrowser)
  await ofPage.send('Performance.enable')
  await ofPage.send('HeapProfiler.collectGarbage')
  const { metrics } = await ofPage.send('Performance.getMetrics')
  const tidied = await renderers(ofBrowser)
  await page.evaluate((bytes) => {
    Reflect.set(window, 'mark', new Uint8Array(bytes).fill(1))
  }, MARK_BYTES)
  const marked = await renderers(ofBrowser)
  await ofBrowser.detach()
  const grown = [...tidied].filter(([pid, bytes]) => (marked.get(pid) ?? 0) - bytes > MARK_BYTES / 2)
  const [[pid, own] = []] = grown
  if (pid === undefined || own === undefined || grown.length > 1)
    throw new Error(`${grown.length} processes have grown`)
  return {
    own,
    untidied: untidied.get(pid) ?? Number.NaN,
    heap: metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN,
  }
}

/** What each process that renders pages has for itself, by its number. */
async function renderers(browser: CDPSession): Promise<ReadonlyMap<number, number>> {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo')
  return new Map(
    processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => [id, privateBytes(id)]),
  )
}

/** What would be free if a process ended: the browser's own files, which all of its processes share, are not among it. */
function privateBytes(pid: number): number {
  const sums = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const sizes = [...sums.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm)]
  return sizes.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0)
}
