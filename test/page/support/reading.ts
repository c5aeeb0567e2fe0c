import type { Page } from 'playwright-core'
import { waitUntil } from '../../support/wait.ts'

/** How long anything may take to be seen, in milliseconds, where no time is promised: the machine may be busy. */
const PATIENCE_MS = 15_000
/** Between two looks, in milliseconds: each makes the page be laid out, which costs it time. */
const LOOK_MS = 40

/** The sentence in large type. */
export function sentence(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText({ timeout: PATIENCE_MS })
}

/** Waits until the sentence says what is wanted; resolves with the instant, in milliseconds since the epoch. */
export async function untilSentence(page: Page, wanted: RegExp): Promise<number> {
  return waitUntil(async () => wanted.test(await sentence(page)) && Date.now(), {
    timeoutMs: PATIENCE_MS,
    everyMs: LOOK_MS,
    what: `the sentence to say ${wanted}`,
  }).catch(async (error) => {
    throw new Error(`${error.message}\nthe page reads:\n${await text(page)}`)
  })
}

/** All that can be read. */
export function text(page: Page): Promise<string> {
  return page.locator('body').innerText()
}

/** Waits until something can be read somewhere; resolves with the instant, in milliseconds since the epoch. */
export async function untilText(page: Page, wanted: RegExp): Promise<number> {
  return waitUntil(async () => wanted.test(await text(page)) && Date.now(), {
    timeoutMs: PATIENCE_MS,
    everyMs: LOOK_MS,
    what: `${wanted} to be read`,
  }).catch(async (error) => {
    throw new Error(`${error.message}\nthe page reads:\n${await text(page)}`)
  })
}
