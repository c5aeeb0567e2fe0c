import { describe, expect, it } from 'vitest'
import { readConnectConfig } from '../../../src/config/connect-config.ts'
import type { Env } from '../../../src/config/environment.ts'

const TOKEN = 'insecure_recognisable-3f2c9a7e'
const OTHER = 'puppet_recognisable-4a5b6c7d'

const read = (env: Env, given?: string) =>
  readConnectConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...env }, given)
const addresses = async (env: Env, given?: string): Promise<readonly string[]> => {
  const { config } = await read(env, given)
  return config.addresses.map(({ host, port, token }) => `${host} ${port} ${token}`)
}

describe('the configuration of connect', () => {
  it('is one token and nothing else, where all else is as it is meant', async () => {
    const { config, warnings } = await read({})
    expect(config).toMatchObject({
      addresses: [{ host: '127.0.0.1', port: 8788, token: TOKEN }],
      waitMs: 10_000,
      upstream: { tls: 'auto', extraCa: [], caFile: undefined, serverName: undefined },
      listenTls: undefined,
      drainTimeoutMs: 5000,
      admin: { host: '127.0.0.1', port: 9790, allowedHosts: [] },
      log: { level: 'info', format: 'json' },
    })
    expect(config.registry.url.href).toBe('wss://api.chatie.io/')
    expect(warnings).toEqual([])
  })

  it('is pretty on a terminal', async () => {
    const { config } = await readConnectConfig({ WECHATY_TOKEN: TOKEN }, undefined, true)
    expect(config.log.format).toBe('pretty')
  })

  it("reads the gateway's own names, so that one env file serves both", async () => {
    const env = { WECHATY_TOKEN: OTHER, WECHATY_APIHOST: 'registry.example:8443' }
    const { config, warnings } = await readConnectConfig(env)
    expect(config.addresses).toMatchObject([{ token: OTHER }])
    expect(config.registry.url.href).toBe('wss://registry.example:8443/')
    expect(warnings).toMatchObject([{ code: 'REGISTRY_TLS_EXPECTED', variable: 'WECHATY_APIHOST' }])
  })

  it('takes a token that was given to the command instead of those of the environment', async () => {
    expect(await addresses({}, `${OTHER}\n`)).toEqual([`127.0.0.1 8788 ${OTHER}`])
  })
})

describe('CONNECT_LISTEN', () => {
  it.each([
    ['9000', `127.0.0.1 9000 ${TOKEN}`],
    ['0.0.0.0:9000', `0.0.0.0 9000 ${TOKEN}`],
    ['localhost:9000', `localhost 9000 ${TOKEN}`],
    ['[::1]:9000', `::1 9000 ${TOKEN}`],
    [`9000=${OTHER}`, `127.0.0.1 9000 ${OTHER}`],
    [`[::1]:9000=${OTHER}`, `::1 9000 ${OTHER}`],
  ])('%s is an address', async (text, expected) => {
    expect(await addresses({ CONNECT_LISTEN: text })).toEqual([expected])
  })

  it.each([`8788=${TOKEN},8789=${OTHER}`, `8788=${TOKEN} 8789=${OTHER}`, `8788=${TOKEN},\n 8789=${OTHER}\n`])(
    'has several tokens, each with an address of its own: %j',
    async (text) => {
      const expected = [`127.0.0.1 8788 ${TOKEN}`, `127.0.0.1 8789 ${OTHER}`]
      expect(await addresses({ WECHATY_PUPPET_SERVICE_TOKEN: '', CONNECT_LISTEN: text })).toEqual(expected)
    },
  )

  it('may lead two addresses to one puppet', async () => {
    expect(await addresses({ CONNECT_LISTEN: '8788,8789' })).toHaveLength(2)
  })

  it('says that a token that is given elsewhere is not used', async () => {
    const { warnings } = await read({ CONNECT_LISTEN: `8788=${OTHER}` })
    expect(warnings).toMatchObject([{ code: 'VARIABLE_CONFLICT', variable: 'CONNECT_LISTEN' }])
  })
})
