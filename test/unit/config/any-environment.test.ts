import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import type { Env } from '../../../src/config/environment.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import type { Variable } from '../../../src/config/variable.ts'
import { SIDECAR_VARIABLES } from '../../../src/config/variables.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

/** Both are long enough to be recognised wherever they turn up. */
const TOKEN = 'insecure_recognisable-3f2c9a7e'
const PASSWORD = 'recognisable-pa55word'

const dir = makeTempDir()
for (const folder of ['folder', 'named']) mkdirSync(join(dir, folder))
for (const [name, content] of [
  ['good', `${TOKEN}\n`],
  ['quoted', `"${TOKEN}"\n`],
  ['twice', `${TOKEN}\n${TOKEN}\n`],
  ['cut', `${TOKEN}#${TOKEN}\n${TOKEN}/x`],
  ['folder/one', TOKEN],
  ['folder/two', TOKEN],
  [`named/${TOKEN}`, `"${TOKEN}"`],
  ['named/smells', 'short'],
] as const) {
  writeFileSync(join(dir, name), content)
}

const names = [
  ...(SIDECAR_VARIABLES as readonly Variable[]).flatMap(({ name, alias }) =>
    alias === undefined ? [name] : [name, alias],
  ),
  'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER',
  'ALL_PROXY',
  'https_proxy',
  'http_proxy',
]

const wrappers = [
  '$',
  '"$"',
  "'$",
  '$\n',
  '$,$',
  '$ other_token-1234',
  `\${$}`,
  '$/x',
  '<$>',
  'wss://registry.example.com/v0/websocket/token/$',
  'ws://registry.example.com/?token=$',
  'wss://$@registry.example.com',
  'tcp://$:8788',
  '$:8788',
  '$s',
]
const values = fc.oneof(
  fc.constantFrom(...wrappers).map((wrapper) => wrapper.replaceAll('$', () => TOKEN)),
  fc.constantFrom(
    `http://user:${PASSWORD}@proxy:3128`,
    `user:${PASSWORD}@proxy:3128`,
    `socks5://user:${PASSWORD}@proxy`,
    `http://user:${PASSWORD}@proxy:99999`,
    `http://user:${PASSWORD}@`,
  ),
  fc.constantFrom(
    '',
    '0',
    '1',
    '8788',
    '1s',
    '5m',
    'true',
    'auto',
    'json',
    'info',
    '127.0.0.1',
    '::1',
    'tcp://1:2',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.webUrl(),
)
/** Paths stay in a folder of the test's own: an arbitrary one could be a device that never ends. */
const paths = fc.oneof(
  fc
    .constantFrom('good', 'quoted', 'twice', 'cut', 'folder', 'named', '.', 'missing', TOKEN, '\u0000')
    .map((name) => join(dir, name)),
)
const environments: fc.Arbitrary<Env> = fc.record(
  Object.fromEntries(names.map((name) => [name, name.endsWith('_FILE') ? paths : values])),
  { requiredKeys: [] },
)

/** Few variables and a token that is good: the start often succeeds. */
const sparse = fc.tuple(environments, fc.subarray(names, { maxLength: 4 })).map(([env, kept]) => ({
  WECHATY_TOKEN: TOKEN,
  ...Object.fromEntries(kept.map((name) => [name, env[name]])),
}))

async function expectHarmless(env: Env, terminal: boolean): Promise<void> {
  let shown: unknown
  try {
    const { config, warnings } = await readConfig(env, terminal)
    // A gateway that registers itself brings its own.
    expect(config.tokens.length > 0 || config.gateway !== undefined).toBe(true)
    shown = warnings
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    shown = [error.problems, error.message, error.stack]
  }
  expect(JSON.stringify(shown)).not.toContain(TOKEN)
  expect(JSON.stringify(shown)).not.toContain(PASSWORD)
}

it.each([
  ['full', environments],
  ['sparse', sparse],
])(
  'any %s environment is read or refused with a ConfigError, and no secret is shown',
  async (_kind, arbitrary) => {
    await fc.assert(fc.asyncProperty(arbitrary, fc.boolean(), expectHarmless), { numRuns: 1500 })
  },
  60_000,
)
