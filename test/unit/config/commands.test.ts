import { describe, expect, it } from 'vitest'
import { readAdminConfig, readDiscoverConfig, readRegistryConfig } from '../../../src/config/commands.ts'
import { ConfigError } from '../../../src/config/problems.ts'
import { REGISTRY_VARIABLES } from '../../../src/config/variables.ts'

describe('discover', () => {
  it('wants no token in its environment', () => {
    expect(readDiscoverConfig({}).url.href).toBe('wss://api.chatie.io/')
  })

  it("understands the gateway's own name of the registry", () => {
    expect(readDiscoverConfig({ WECHATY_APIHOST: 'registry.example.com' }).url.host).toBe(
      'registry.example.com',
    )
  })

  it.each([
    [{ REGISTRAR_REGISTRY_URL: 'nonsense' }, 'REGISTRAR_REGISTRY_URL'],
    [{ WECHATY_APIHOST: 'https://x' }, 'WECHATY_APIHOST'],
    [{ HTTPS_PROXY: 'socks5://x' }, 'HTTPS_PROXY'],
  ])('%j is a problem of %s', (env, variable) => {
    expect(() => readDiscoverConfig(env)).toThrow(ConfigError)
    expect(() => readDiscoverConfig(env)).toThrow(variable)
  })
})

describe('healthcheck', () => {
  it('finds the sidecar where it is by default, or where the same variables put it', () => {
    expect(readAdminConfig({ REGISTRAR_ADMIN_PORT: '' })).toEqual({ host: '127.0.0.1', port: 9788 })
    const env = { REGISTRAR_ADMIN_HOST: '0.0.0.0', REGISTRAR_ADMIN_PORT: '0' }
    expect(readAdminConfig(env)).toEqual({ host: '0.0.0.0', port: 0 })
  })

  it('does not look at the rest of the environment', () => {
    expect(readAdminConfig({ REGISTRAR_RISE: 'x', WECHATY_TOKEN: '"x"' }).port).toBe(9788)
  })
})

describe('registry', () => {
  it('listens where the contract says', () => {
    expect(readRegistryConfig({})).toEqual({
      config: { host: '0.0.0.0', port: 8080, log: { level: 'info', format: 'json' } },
      warnings: [],
    })
    expect(REGISTRY_VARIABLES).toMatchObject([
      { name: 'REGISTRY_LISTEN_HOST', byDefault: '0.0.0.0' },
      { name: 'REGISTRY_LISTEN_PORT', byDefault: '8080' },
      { name: 'LOG_LEVEL', byDefault: 'info' },
      { name: 'LOG_FORMAT', byDefault: 'json' },
    ])
  })

  it('is not confused by what Kubernetes sets beside a Service called registry', () => {
    const { config, warnings } = readRegistryConfig({
      REGISTRY_PORT: 'tcp://10.0.0.7:8080',
      REGISTRY_SERVICE_HOST: 'x',
    })
    expect(config.port).toBe(8080)
    expect(warnings).toEqual([])
  })

  it('says what it does not know: nobody should believe in TLS that is not there', () => {
    const { warnings } = readRegistryConfig({ REGISTRY_TLS_CERT_FILE: '/cert.pem' })
    expect(warnings).toEqual([
      { variable: 'REGISTRY_TLS_CERT_FILE', message: expect.stringContaining('is ignored') },
    ])
  })

  it('names a service link in its own variable, with all other problems', () => {
    const read = (): unknown =>
      readRegistryConfig({ REGISTRY_LISTEN_PORT: 'tcp://10.0.0.7:8080', REGISTRY_LISTEN_HOST: 'a b' })
    expect(read).toThrow(/^The configuration has 2 problems/)
    expect(read).toThrow('looks like a Kubernetes service link')
  })
})
