import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { namesIn, readRegularFile } from '../../lib/regular-file.ts'
import { sitePackagesOf } from './python-packages.ts'
import { SDKS, type Sdk, type Sign } from './sdks.ts'

/** A bot's folder, and the SDKs that show in it. */
export interface FoundSdks {
  readonly folder: string
  readonly sdks: readonly Sdk[]
}

/** A bot's sources are hardly deeper below its folder than this. */
const PARENTS_MAX = 8
/** A folder with more files is no bot's. */
const FILES_MAX = 1000

/** The SDKs of the bot in `cwd`, or in the nearest folder above it that shows one; undefined where none does. Never rejects. */
export async function findSdks(cwd: string): Promise<FoundSdks | undefined> {
  let folder = cwd
  for (let level = 0; level <= PARENTS_MAX; level += 1) {
    const sdks: Sdk[] = []
    for (const sdk of SDKS) if (await shows(folder, sdk.signs)) sdks.push(sdk)
    if (sdks.length > 0) return { folder, sdks }
    const parent = dirname(folder)
    if (parent === folder) break
    folder = parent
  }
  return undefined
}

async function shows(folder: string, signs: readonly Sign[]): Promise<boolean> {
  for (const sign of signs) {
    if ('folder' in sign) {
      if (existsSync(join(folder, sign.folder))) return true
      continue
    }
    if ('sitePackage' in sign) {
      const environments = await sitePackagesOf(folder, {})
      if (environments.some((names) => names.includes(sign.sitePackage))) return true
      continue
    }
    const names = 'file' in sign ? [sign.file] : await namesEnding(folder, sign.ending)
    for (const name of names) if (sign.holds.test(await textOf(join(folder, name)))) return true
  }
  return false
}

async function namesEnding(folder: string, ending: string): Promise<readonly string[]> {
  try {
    return (await namesIn(folder, FILES_MAX)).filter((name) => name.endsWith(ending))
  } catch {
    return []
  }
}

/** Empty where there is no such file, or one that cannot be read. */
async function textOf(path: string): Promise<string> {
  try {
    return (await readRegularFile(path)).bytes.toString('utf8')
  } catch {
    return ''
  }
}
