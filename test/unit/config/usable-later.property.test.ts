import { validateHeaderValue } from 'node:http'
import fc from 'fast-check'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import type { Env } from '../../../src/config/environment.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import { Redactor } from '../../../src/ops/redactor.ts'
import { discoveryPath, REGISTRATION_PATH } from '../../../src/protocol/discovery.ts'
import { formatSubprotocol } from '../../../src/protocol/subprotocol.ts'
import { Sidecar } from '../../../src/sidecar/sidecar.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** The characters that `ws` takes in a subprotocol. */
const HTTP_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

const odd = fc.oneof(
  fc.constantFrom(
    'puppet.1',
    'a'.repeat(300),
    `${'b'.repeat(70)}.example`,
    'пример.example',
    'xn--e1afmkfd.example',
    'a..b',
    '.a',
    '-a-',
    'host_name',
    '1.2.3',
    '0x7f.1',
    '::1',
    '[::1]',
    'fe80::1%eth0',
    '999.999.999.999',
    'localhost.',
    'a%00b',
    '%',
    'a\u0000b',
    'a\r\nb',
    'wss://[::1]',
    'ws://[::1%25eth0]:1',
    'wss://a:0',
    'wss://a:65536',
    'wss://%41',
    'wss://a/%zz/../b',
    'ws://1',
    'wss://пример:1/ü',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.webUrl(),
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.nat(70_000).map(String),
)
const token = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.constantFrom('.', '..', 'a|b', '~', '!$&()*+', 'a:b@c'),
)
const NAMES = [
  'REGISTRAR_REGISTRY_URL',
  'WECHATY_PUPPET_SERVICE_AUTHORITY',
  'REGISTRAR_ADVERTISE_HOST',
  'REGISTRAR_PUPPET_HOST',
  'REGISTRAR_GATEWAY_HOST',
  'REGISTRAR_ADMIN_HOST',
  'REGISTRAR_ADVERTISE_PORT',
  'WECHATY_PUPPET_SERVER_PORT',
  'REGISTRAR_GATEWAY_PORT',
]

/** Does with a configuration what a running sidecar does with it, up to the network. */
async function use(env: Env): Promise<'used' | 'refused'> {
  const read = await readConfig(env).catch((error: unknown) => {
    if (error instanceof ConfigError) return undefined
    throw error
  })
  if (read === undefined) return 'refused'
  const { config } = read
  const base = config.registry.url.href.replace(/\/$/, '')
  expect(new URL(base + REGISTRATION_PATH).host).toBe(config.registry.url.host)
  const redactor = new Redactor(config.tokens)
  for (const each of config.tokens) {
    validateHeaderValue('authorization', `Token ${each}`)
    expect(new URL(base.replace(/^ws/, 'http') + discoveryPath(each)).pathname).toContain('/v0/hosties/')
    redactor.redact(`x ${each} y`)
  }
  expect(formatSubprotocol({ id: 'x', ...config.advertise })).toMatch(HTTP_TOKEN)
  const sidecar = new Sidecar({
    config,
    version: '0',
    clock: new FakeClock(),
    log: pino({ level: 'silent' }),
    redactor,
  })
  expect(sidecar.adminAddress).toBeUndefined()
  return 'used'
}

it('whatever stands in a variable is refused at the start, or can be used by all that comes later', async () => {
  const environment = fc
    .tuple(token, fc.dictionary(fc.constantFrom(...NAMES), odd, { maxKeys: 3 }))
    .map(([text, env]): Env => ({ ...env, WECHATY_TOKEN: text }))
  const ends = { used: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(environment, async (env) => {
      ends[await use(env)] += 1
    }),
    { numRuns: 1500 },
  )
  // Both happen often: neither half of the rule is empty.
  expect(Math.min(ends.used, ends.refused)).toBeGreaterThan(50)
}, 60_000)
