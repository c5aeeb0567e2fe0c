import { join } from 'node:path'
import type { Env } from '../../config/environment.ts'
import { namesIn } from '../../lib/regular-file.ts'
import type { Remedy } from '../finding.ts'
import type { Finding } from './steps.ts'

/** An environment with more packages is no bot's. */
const PACKAGES_MAX = 2000

/** The first major version of a package with which wechaty 0.10.7 ends on import, and what it says then. */
const BROKEN_SINCE = [
  { name: 'pyee', major: 12, error: "cannot import name 'AsyncIOEventEmitter' from 'pyee'" },
  { name: 'urllib3', major: 2, error: "cannot import name 'get_host' from 'urllib3'" },
] as const

const REMEDY: Remedy = {
  words: "in the bot's environment, pin both (docs/sdks.md says what else a bot in Python wants)",
  type: "pip install 'pyee<12' 'urllib3<2'",
}

/** The names in every folder of packages that a virtual environment of the bot has: the one that is active, and those in its folder. */
export async function sitePackagesOf(
  folder: string,
  { VIRTUAL_ENV: active = '' }: Env,
): Promise<readonly (readonly string[])[]> {
  const own = ['.venv', 'venv', 'env'].map((name) => join(folder, name))
  const all: (readonly string[])[] = []
  for (const environment of active === '' ? own : [active]) {
    const lib = join(environment, 'lib')
    for (const python of await namesOf(lib)) all.push(await namesOf(join(lib, python, 'site-packages')))
  }
  return all
}

async function namesOf(folder: string): Promise<readonly string[]> {
  try {
    return await namesIn(folder, PACKAGES_MAX)
  } catch {
    return []
  }
}

/**
 * Whether a bot in Python ends on import, as one with the newest packages does. Python is not run: the folders of what is installed say the
 * versions.
 *
 * @param environments the names in each folder of packages
 */
export function judgePythonPackages(environments: readonly (readonly string[])[]): Omit<Finding, 'step'> {
  const names = environments.find(
    (each) => each.includes('wechaty') || each.includes('wechaty_puppet_service'),
  )
  if (names === undefined) {
    return {
      status: 'warn',
      seen: "no virtual environment with wechaty shows in the bot's folder: what `pip install wechaty` gives today ends on import, unless pyee and urllib3 are pinned",
      remedy: REMEDY,
    }
  }
  const seen: string[] = []
  for (const { name, major, error } of BROKEN_SINCE) {
    const version = versionOf(name, names)
    if (version === undefined) continue
    if (Number(version.split('.')[0]) >= major) {
      const words = `${name} ${version}: the bot ends on import, with "${error}"`
      return { status: 'fail', seen: words, remedy: REMEDY }
    }
    seen.push(`${name} ${version}`)
  }
  return { status: 'ok', seen: seen.join(', ') || 'neither pyee nor urllib3 is installed' }
}

function versionOf(name: string, names: readonly string[]): string | undefined {
  for (const each of names) {
    const [, version] = /^[^-]*-(\d[\w.]{0,30})\.dist-info$/.exec(each) ?? []
    if (version !== undefined && each.startsWith(`${name}-`)) return version
  }
  return undefined
}
