import { describe, expect, it } from 'vitest'
import {
  readAdminConfig,
  readConnectAdminConfig,
  readDrainConfig,
  readRegistryAdminConfig,
} from '../../../src/config/admin-address.ts'
import { ConfigError } from '../../../src/config/config-error.ts'
import { readDiscoverConfig } from '../../../src/config/discover-config.ts'

describe('discover', () => {
  it('wants no token in its environment', async () => {
    expect((await readDiscoverConfig({})).url.href).toBe('wss://api.chatie.io/')
  })

  it("understands the gateway's own name of the registry", async () => {
    const { url } = await readDiscoverConfig({ WECHATY_APIHOST: 'registry.example.com' })
    expect(url.host).toBe('registry.example.com')
  })

  it.each([
    [{ REGISTRAR_REGISTRY_URL: 'nonsense' }, 'REGISTRAR_REGISTRY_URL'],
    [{ WECHATY_APIHOST: 'https://x' }, 'WECHATY_APIHOST'],
    [{ HTTPS_PROXY: 'socks5://x' }, 'HTTPS_PROXY'],
  ])('%j is a problem of %s', async (env, variable) => {
    await expect(readDiscoverConfig(env)).rejects.toThrow(ConfigError)
    await expect(readDiscoverConfig(env)).rejects.toThrow(variable)
  })
})

describe('healthcheck', () => {
  it('finds the sidecar where it is by default, or where the same variables put it', () => {
    expect(readAdminConfig({ REGISTRAR_ADMIN_PORT: '' })).toMatchObject({ host: '127.0.0.1', port: 9788 })
    const env = { REGISTRAR_ADMIN_HOST: '0.0.0.0', REGISTRAR_ADMIN_PORT: '0' }
    expect(readAdminConfig(env)).toMatchObject({ host: '0.0.0.0', port: 0 })
  })

  it('finds a registry by its own variables', () => {
    expect(readRegistryAdminConfig({ REGISTRAR_ADMIN_PORT: '1' })).toMatchObject({
      host: '127.0.0.1',
      port: 9789,
    })
    expect(readRegistryAdminConfig({ REGISTRY_ADMIN_PORT: '99' }).port).toBe(99)
  })

  it('finds connect by its own variables', () => {
    expect(readConnectAdminConfig({ REGISTRAR_ADMIN_PORT: '1' })).toMatchObject({
      host: '127.0.0.1',
      port: 9790,
    })
    expect(readConnectAdminConfig({ CONNECT_ADMIN_PORT: '99' }).port).toBe(99)
  })

  it('does not look at the rest of the environment', () => {
    expect(readAdminConfig({ REGISTRAR_RISE: 'x', WECHATY_TOKEN: '"x"' }).port).toBe(9788)
  })
})

describe('drain', () => {
  it('waits as long as the sidecar may take', () => {
    expect(readDrainConfig({})).toMatchObject({ admin: { port: 9788 }, drainTimeoutMs: 5000 })
    expect(readDrainConfig({ REGISTRAR_DRAIN_TIMEOUT: '200ms' }).drainTimeoutMs).toBe(200)
    expect(() => readDrainConfig({ REGISTRAR_DRAIN_TIMEOUT: '5' })).toThrow('REGISTRAR_DRAIN_TIMEOUT')
  })
})
