import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import { readConnectConfig } from '../../../src/config/connect-config.ts'
import { CONNECT_VARIABLES } from '../../../src/config/connect-variables.ts'
import type { Env } from '../../../src/config/environment.ts'
import type { Variable } from '../../../src/config/variable.ts'
import { createAuthority } from '../../support/certificates.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

/** Long enough to be recognised wherever it turns up. */
const TOKEN = 'insecure_recognisable-3f2c9a7e'
const PASSWORD = 'recognisable-password'

const dir = makeTempDir()
mkdirSync(join(dir, 'folder'))
for (const [name, content] of [
  ['token', `${TOKEN}\n`],
  ['quoted', `"${TOKEN}"\n`],
  ['list', `8788=${TOKEN}\n127.0.0.1:8789=${TOKEN}\n`],
  ['odd-list', `8788="${TOKEN}"\n${TOKEN}=8788\n${TOKEN}\n8788=\n8788\n`],
  ['empty', ''],
  ['folder/one', TOKEN],
] as const)
  writeFileSync(join(dir, name), content)

beforeAll(async () => {
  const { certFile, keyFile } = await (await createAuthority()).issue(['dns:puppet.example'])
  copyFileSync(certFile, join(dir, 'a.crt'))
  copyFileSync(keyFile, join(dir, 'a.key'))
})

const FILES = [
  'a.crt',
  'a.key',
  'token',
  'quoted',
  'list',
  'odd-list',
  'empty',
  'folder',
  'missing',
  '\u0000',
]
/** Paths stay in a folder of the test's own: an arbitrary one could be a device that never ends. */
const paths = fc.constantFrom(...FILES).map((name) => join(dir, name))
const names = (CONNECT_VARIABLES as readonly Variable[]).flatMap(({ name, alias }) => [name, alias ?? name])
const texts = fc.oneof(
  fc.constantFrom('', '0', '8788', '9790', '5s', '0s', 'auto', 'on', 'off', 'json', 'info'),
  fc.constantFrom(
    '127.0.0.1:8788',
    '[::1]:0',
    `8788=${TOKEN}`,
    `8788=${TOKEN},9790=${TOKEN}`,
    `8788='${TOKEN}'`,
  ),
  fc.constantFrom(TOKEN, `${TOKEN},${TOKEN}-2`, `"${TOKEN}"`, `WECHATY_TOKEN=${TOKEN}`),
  fc.constantFrom(
    'registry.example',
    'ws://127.0.0.1:8080',
    `http://me:${PASSWORD}@proxy:3128`,
    'tcp://10.0.0.7:80',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/^\s*\.{0,2}\//.test(text)),
)
const valuesOf = (name: string): fc.Arbitrary<string> => {
  if (name.endsWith('_FILE')) return paths
  return name === 'CONNECT_LISTEN' ? fc.oneof(texts, paths) : texts
}
const environments: fc.Arbitrary<Env> = fc.record(
  Object.fromEntries(names.map((name) => [name, valuesOf(name)])),
  { requiredKeys: [] },
)
/** Few variables: the start often succeeds. */
const sparse = fc
  .tuple(environments, fc.subarray(names, { maxLength: 3 }))
  .map(([env, kept]) => Object.fromEntries(kept.map((name) => [name, env[name]])))

it.each([
  ['full', environments],
  ['sparse', sparse],
])(
  'any %s environment is read or refused with a ConfigError, and no secret is shown',
  async (_kind, arbitrary) => {
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.option(texts, { nil: undefined }), async (env, given) => {
        let shown: unknown
        try {
          const { config, warnings } = await readConnectConfig(env, given)
          shown = warnings
          expect(config.addresses.length).toBeGreaterThan(0)
          const places = config.addresses.map(({ host, port }) => `${host} ${port}`)
          expect(new Set(places).size).toBe(places.length)
          const { host, port } = config.admin
          if (port !== 0) expect(places).not.toContain(`${host} ${port}`)
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          expect(error.problems.length).toBeGreaterThan(0)
          shown = [error.problems, error.message, error.stack]
        }
        expect(JSON.stringify(shown)).not.toContain('recognisable')
      }),
      { numRuns: 200 },
    )
  },
  60_000,
)
