import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { makeTempDir } from '../../support/temp-dir.ts'

/** Where pictures go: the folder that SCREENSHOTS names (`npm run screenshots`), else one that goes away. */
const folder = process.env.SCREENSHOTS ?? makeTempDir()

/** Takes a picture of what is seen. @returns its size, in bytes */
export async function screenshot(page: Page, name: string, isWhole = false): Promise<number> {
  const png = await page.screenshot({ fullPage: isWhole, animations: 'disabled' })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.png`), png)
  return png.length
}
