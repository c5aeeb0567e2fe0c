import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import type { Env } from '../../../src/config/environment.ts'
import { readRegistryConfig } from '../../../src/config/registry-config.ts'
import type { Variable } from '../../../src/config/variable.ts'
import { REGISTRY_VARIABLES } from '../../../src/config/variables.ts'
import { createAuthority } from '../../support/certificates.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

/** Long enough to be recognised wherever it turns up. */
const TOKEN = 'insecure_recognisable-3f2c9a7e'

const dir = makeTempDir()
mkdirSync(join(dir, 'folder'))
for (const [name, content] of [
  ['list', `${TOKEN}\n`],
  ['quoted', `"${TOKEN}"\n`],
  ['twice', `${TOKEN}\n${TOKEN}\n`],
  ['empty', ''],
  ['folder/one', TOKEN],
] as const)
  writeFileSync(join(dir, name), content)

beforeAll(async () => {
  const authority = await createAuthority()
  for (const name of ['a', 'b']) {
    const { certFile, keyFile } = await authority.issue(['dns:registry.example.com'])
    copyFileSync(certFile, join(dir, `${name}.crt`))
    copyFileSync(keyFile, join(dir, `${name}.key`))
  }
})

const names = (REGISTRY_VARIABLES as readonly Variable[]).map(({ name }) => name)
const values = fc.oneof(
  fc.constantFrom('', '0', '1', '8080', '8443', '9789', '5s', '0s', 'report', 'off', 'mask', 'json', 'info'),
  fc.constantFrom('nats://nats', `tls://a,tls://${TOKEN}@b`, 'a.b'),
  fc.constantFrom('127.0.0.1', '::', '10.0.0.0/8,::1', 'tcp://10.0.0.7:8080', 'example.com'),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
/** Paths stay in a folder of the test's own: an arbitrary one could be a device that never ends. */
const paths = fc
  .constantFrom(
    'a.crt',
    'a.key',
    'b.crt',
    'b.key',
    'list',
    'quoted',
    'twice',
    'empty',
    'folder',
    'missing',
    '\u0000',
  )
  .map((name) => join(dir, name))
const environments: fc.Arbitrary<Env> = fc.record(
  Object.fromEntries(names.map((name) => [name, name.endsWith('_FILE') ? paths : values])),
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
  'any %s environment is read or refused with a ConfigError, and no token is shown',
  async (_kind, arbitrary) => {
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.boolean(), async (env, terminal) => {
        let shown: unknown
        try {
          const { config, warnings } = await readRegistryConfig(env, terminal)
          shown = warnings
          // One port twice is possible only at two addresses.
          const places = [...config.listen, config.admin].filter(({ port }) => port !== 0)
          const anywhere = places.filter(({ host }) => host === '0.0.0.0' || host === '::')
          expect(new Set(places.map(({ host, port }) => `${host} ${port}`)).size).toBe(places.length)
          for (const { port } of anywhere)
            expect(places.filter((place) => place.port === port)).toHaveLength(1)
          expect(config.listen.some(({ tls }) => tls !== undefined)).toBe(config.tls !== undefined)
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          expect(error.problems.length).toBeGreaterThan(0)
          shown = [error.problems, error.message, error.stack]
        }
        expect(JSON.stringify(shown)).not.toContain(TOKEN)
      }),
      { numRuns: 500 },
    )
  },
  60_000,
)
