import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDiscoverConfig } from '../../../src/config/discover-config.ts'
import { namesOwnGatewayServer, withoutOwnGatewayServer } from '../../../src/config/gateway-config.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import { problemsOf } from './problems-of.ts'

const TOKEN = 'insecure_gateway-1'
const GATEWAY = { WECHATY_TOKEN: TOKEN, REGISTRAR_GATEWAY_PORT: '9787' }
const PUBLIC = 'wss://api.chatie.io/'
const registryOf = async (env: Record<string, string>): Promise<string> =>
  (await readConfig(env)).config.registry.url.href

describe('the gateway port', () => {
  it('is off by default', async () => {
    expect((await readConfig({ WECHATY_TOKEN: TOKEN })).config.gateway).toBeUndefined()
    expect(
      (await readConfig({ WECHATY_TOKEN: TOKEN, REGISTRAR_GATEWAY_HOST: '0.0.0.0' })).config.gateway,
    ).toBeUndefined()
    expect(
      (await readConfig({ WECHATY_TOKEN: TOKEN, REGISTRAR_GATEWAY_PORT: '' })).config.gateway,
    ).toBeUndefined()
  })

  it.each([
    ['REGISTRAR_REGISTRY_URL', { REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:9787' }],
    ['WECHATY_PUPPET_SERVICE_AUTHORITY', { WECHATY_PUPPET_SERVICE_AUTHORITY: 'localhost:9787' }],
  ])('is no registry: %s that names it is a problem', async (variable, registry) => {
    const [problem, ...others] = await problemsOf({ ...GATEWAY, ...registry })
    expect([problem?.variable, others]).toEqual([variable, []])
    expect(problem?.message).toContain('own gateway server')
  })

  it('is on loopback, unless its host is given', async () => {
    expect((await readConfig(GATEWAY)).config.gateway).toMatchObject({ host: '127.0.0.1', port: 9787 })
    expect((await readConfig({ ...GATEWAY, REGISTRAR_GATEWAY_HOST: '::' })).config.gateway).toMatchObject({
      host: '::',
      port: 9787,
    })
  })

  it("on the endpoints' own port is a problem", async () => {
    const [problem, ...others] = await problemsOf({ ...GATEWAY, REGISTRAR_ADMIN_PORT: '9787' })
    expect([problem?.variable, others]).toEqual(['REGISTRAR_GATEWAY_PORT', []])
    expect(problem?.message).toContain('is REGISTRAR_ADMIN_PORT too')
  })

  it('is warned of if a registry has it by a name that may be its own, and that registry is not ignored', async () => {
    const { config, warnings } = await readConfig({ ...GATEWAY, WECHATY_APIHOST: 'registrar:9787' })
    expect([config.registry.url.host, config.gateway?.isApihost]).toEqual(['registrar:9787', false])
    expect(warnings).toMatchObject([{ variable: 'WECHATY_APIHOST' }])
    expect(warnings[0]?.message).toContain('REGISTRAR_REGISTRY_URL')
    expect(
      (await readConfig({ ...GATEWAY, WECHATY_APIHOST: '127.0.0.1:9787' })).config.gateway?.isApihost,
    ).toBe(true)
  })

  it('needs no token: the gateway brings it', async () => {
    const { config, warnings } = await readConfig({ REGISTRAR_GATEWAY_PORT: '9787' })
    expect([config.tokens, config.tokenSource, warnings]).toEqual([[], undefined, []])
  })

  it.each(['0', '65536', 'x', '1e3', '-1', '97 87'])(
    'on port %j is a problem, and no token is missed',
    async (port) => {
      expect(await problemsOf({ REGISTRAR_GATEWAY_PORT: port })).toMatchObject([
        { variable: 'REGISTRAR_GATEWAY_PORT', message: 'must be a port from 1 to 65535, for example 9787' },
      ])
    },
  )

  it('is not set if Kubernetes made it up for a Service: then there is no gateway, and a token is needed', async () => {
    const link = { REGISTRAR_GATEWAY_PORT: 'tcp://10.0.0.1:9787' }
    expect(await problemsOf(link)).toMatchObject([{ code: 'VARIABLE_MISSING' }])
    const { config, warnings } = await readConfig({ ...link, WECHATY_TOKEN: 'insecure_aaaa-1111' })
    expect(config.gateway).toBeUndefined()
    expect(warnings).toMatchObject([{ code: 'SERVICE_LINK', variable: 'REGISTRAR_GATEWAY_PORT' }])
  })

  it.each([{}, { WECHATY_PUPPET_SERVER_PORT: '9000' }])(
    "on the puppet's own port is a problem, %j",
    async (puppet) => {
      const port = puppet.WECHATY_PUPPET_SERVER_PORT ?? '8788'
      expect(await problemsOf({ ...GATEWAY, ...puppet, REGISTRAR_GATEWAY_PORT: port })).toMatchObject([
        {
          variable: 'REGISTRAR_GATEWAY_PORT',
          message: "is the puppet's port too; the gateway server needs a port of its own, for example 9787",
        },
      ])
    },
  )
})

describe('WECHATY_APIHOST', () => {
  it.each([
    ['127.0.0.1:9787', {}],
    ['localhost:9787', {}],
    ['LOCALHOST:9787', {}],
    ['localhost.:9787', {}],
    ['127.0.0.2:9787', {}],
    ['[::1]:9787', {}],
    ['127.0.0.1:09787', {}],
    ['registrar:9787', { REGISTRAR_GATEWAY_HOST: 'registrar' }],
    ['10.0.0.5:9787', { REGISTRAR_GATEWAY_HOST: '10.0.0.5' }],
  ])(
    "that is the sidecar's own gateway server, %s, is the gateway's only: the registry is the public one",
    async (apihost, more) => {
      const env = { ...GATEWAY, ...more, WECHATY_APIHOST: apihost }
      const { config, warnings } = await readConfig(env)
      expect([config.registry.url.href, warnings]).toEqual([PUBLIC, []])
      expect((await readDiscoverConfig(env)).url.href).toBe(PUBLIC)
    },
  )

  it.each([
    ['127.0.0.1:9786', 'wss://127.0.0.1:9786/'],
    ['127.0.0.1', 'wss://127.0.0.1/'],
    ['registry.example.com:9787', 'wss://registry.example.com:9787/'],
    ['127.0.0.1.example.com:9787', 'wss://127.0.0.1.example.com:9787/'],
  ])('that is something else, %s, is the registry', async (apihost, url) => {
    const env = { ...GATEWAY, WECHATY_APIHOST: apihost }
    expect([await registryOf(env), (await readDiscoverConfig(env)).url.href]).toEqual([url, url])
  })

  it('is the registry where there is no gateway port', async () => {
    const env = { WECHATY_TOKEN: TOKEN, WECHATY_APIHOST: '127.0.0.1:9787' }
    expect([await registryOf(env), (await readDiscoverConfig(env)).url.href]).toEqual(
      Array(2).fill('wss://127.0.0.1:9787/'),
    )
  })

  it.each([
    [{ WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.example.com' }, 'wss://registry.example.com/'],
    [{ REGISTRAR_REGISTRY_URL: 'ws://registry:8080' }, 'ws://registry:8080/'],
  ])(
    "that is the sidecar's own gateway server leaves the registry to %j, without a warning",
    async (registry, url) => {
      const env = { ...GATEWAY, ...registry, WECHATY_APIHOST: '127.0.0.1:9787' }
      const { config, warnings } = await readConfig(env)
      expect([config.registry.url.href, warnings]).toEqual([url, []])
      expect((await readDiscoverConfig(env)).url.href).toBe(url)
    },
  )

  it('is reported as ignored if it differs from the registry in use, as without a gateway port', async () => {
    const registry = { WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.example.com' }
    const { warnings } = await readConfig({
      ...GATEWAY,
      ...registry,
      WECHATY_APIHOST: 'other.example.com:9787',
    })
    expect(warnings.map(({ variable }) => variable)).toEqual(['WECHATY_APIHOST'])
  })
})

describe('any environment', () => {
  const some = fc.oneof(
    fc.constantFrom(
      '127.0.0.1:9787',
      'localhost:9787',
      ':9787',
      '[::1]:9787',
      'x:1',
      '9787',
      '09787',
      '1',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.tuple(fc.domain(), fc.nat(70_000)).map(([host, port]) => `${host}:${port}`),
  )
  const environments = fc.dictionary(
    fc.constantFrom('WECHATY_APIHOST', 'REGISTRAR_GATEWAY_PORT', 'REGISTRAR_GATEWAY_HOST', 'WECHATY_TOKEN'),
    some,
  )

  it('keeps everything but a WECHATY_APIHOST that has a host and the port of the gateway server', () => {
    fc.assert(
      fc.property(environments, (env) => {
        const { WECHATY_APIHOST: apihost, ...rest } = env
        const left = withoutOwnGatewayServer(env)
        expect({ ...rest, ...left }).toEqual(left)
        if (left === env || apihost === undefined) {
          expect(left).toEqual(env)
          return
        }
        expect(left).toEqual(rest)
        expect(namesOwnGatewayServer(apihost, env)).toBe(true)
        expect(Number(apihost.split(':').at(-1))).toBe(Number(env.REGISTRAR_GATEWAY_PORT))
      }),
      { numRuns: 2000 },
    )
  })
})
