import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { stopAllPeers } from '../../support/child.ts'
import { removeTempDirs } from '../../support/temp-dir.ts'
import { chromiumPath } from './chromium.ts'

export interface ViewOptions extends BrowserContextOptions {
  /** Done with the page before it is opened. */
  readonly prepare?: (page: Page) => Promise<unknown>
}

/** Somebody with a browser who looks at pages. */
export interface Viewer {
  /** Opens a page of 127.0.0.1 in a fresh profile. */
  open(port: number, options?: ViewOptions): Promise<Page>
  /** Closes all pages. */
  leave(): Promise<void>
}

/**
 * A viewer for all tests of a file, on whom no page may play tricks: requests to elsewhere, dialogs, errors, and what the policy forbids. Leaves
 * after each test; after the last one all processes and folders of the file go too.
 */
export function useViewer(): Viewer {
  let browser: Browser
  let complaints: string[] = []
  const leave = async (): Promise<void> => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  }
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterEach(async () => {
    await leave()
    const all = complaints
    complaints = []
    expect(all).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    await stopAllPeers()
    removeTempDirs()
  })
  return {
    leave,
    open: async (port, { prepare, ...options } = {}) => {
      const origin = `http://127.0.0.1:${port}`
      const context = await browser.newContext({ locale: 'en-GB', ...options })
      const page = await context.newPage()
      await watch(page, origin, (complaint) => complaints.push(complaint))
      await prepare?.(page)
      await page.goto(`${origin}/`)
      return page
    },
  }
}

/** Starts Chromium without a window. */
async function startBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('no Chromium')
  return chromium.launch({
    executablePath: chromiumPath,
    // Containers, in which tests run, have no room for its sandbox; the pages are ours.
    args: ['--no-sandbox'],
  })
}

/** What Chromium itself writes when a server is away, which is what some tests want. */
const UNREACHABLE = /^Failed to load resource: (net::ERR_|the server responded with a status of 503)/

async function watch(page: Page, origin: string, complain: (complaint: string) => void): Promise<void> {
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) complain(`request to ${url}`)
  })
  page.on('dialog', (dialog) => {
    complain(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', ({ message }) => complain(`error: ${message}`))
  page.on('console', (message) => {
    const text = message.text()
    const isBad = message.type() === 'error' || message.type() === 'warning'
    if (isBad && !UNREACHABLE.test(text)) complain(`console: ${text}`)
  })
  await page.exposeFunction('complainOfPolicy', complain)
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      const { complainOfPolicy } = window as unknown as { complainOfPolicy: (complaint: string) => void }
      complainOfPolicy(`policy: ${violatedDirective} ${blockedURI}`)
    })
  })
}
