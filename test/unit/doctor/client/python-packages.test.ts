import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judgePythonPackages, sitePackagesOf } from '../../../../src/doctor/client/python-packages.ts'
import { makeTempDir } from '../../../support/temp-dir.ts'

/** What is said of a folder in which these packages are installed. */
async function judged(packages: readonly string[], { environment = '.venv', isActive = false } = {}) {
  const folder = makeTempDir()
  const outside = isActive ? makeTempDir() : folder
  const sitePackages = join(outside, environment, 'lib/python3.13/site-packages')
  for (const name of packages) mkdirSync(join(sitePackages, name), { recursive: true })
  const env = isActive ? { VIRTUAL_ENV: join(outside, environment) } : {}
  return judgePythonPackages(await sitePackagesOf(folder, env))
}

const installed = (pyee: string, urllib3: string) => [
  'wechaty',
  'wechaty_puppet_service',
  'pyee',
  `pyee-${pyee}.dist-info`,
  'urllib3',
  `urllib3-${urllib3}.dist-info`,
]
const REMEDY = { type: "pip install 'pyee<12' 'urllib3<2'" }

describe('the packages of a bot in Python', () => {
  it('are in order where both are of the versions with which it runs', async () => {
    expect(await judged(installed('11.1.1', '1.26.20'))).toEqual({
      status: 'ok',
      seen: 'pyee 11.1.1, urllib3 1.26.20',
    })
  })

  it.each([
    ['13.0.1', '2.8.0', 'pyee 13.0.1', 'AsyncIOEventEmitter'],
    ['12.0.0', '1.26.20', 'pyee 12.0.0', 'AsyncIOEventEmitter'],
    ['11.1.1', '2.0.2', 'urllib3 2.0.2', 'get_host'],
  ])('are the cause where pip has installed pyee %s and urllib3 %s', async (pyee, urllib3, which, error) => {
    const finding = await judged(installed(pyee, urllib3))
    expect(finding).toMatchObject({ status: 'fail', remedy: REMEDY })
    expect(finding.seen).toContain(`${which}: the bot ends on import`)
    expect(finding.seen).toContain(error)
  })

  it('are those of the active environment, where there is one', async () => {
    expect((await judged(installed('13.0.1', '1.26.20'), { isActive: true })).status).toBe('fail')
  })

  it('are a warning with what to pin where no environment shows', async () => {
    expect(await judged([])).toMatchObject({ status: 'warn', remedy: REMEDY })
    expect(await judged(['pip', 'pyee-13.0.1.dist-info'])).toMatchObject({ status: 'warn', remedy: REMEDY })
  })
})
