import { describe, expect, it } from 'vitest'
import type { Env } from '../../../src/config/environment.ts'
import { readRegistryConfig } from '../../../src/config/registry-config.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import type { Problem } from '../../../src/lib/problem.ts'
import { problemsOf } from './problems-of.ts'

const TOKEN = 'insecure_aaaa-1111'
const LINK = 'tcp://10.0.0.1:9789'

const sidecarWarnings = async (env: Env): Promise<readonly Problem[]> =>
  (await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...env })).warnings
const registryWarnings = async (env: Env): Promise<readonly Problem[]> =>
  (await readRegistryConfig(env)).warnings

const shown = (problems: readonly Problem[]): readonly string[] =>
  problems.map(({ code, variable, message }) => `${code} ${variable} ${message}`)

/** What Kubernetes sets in a pod beside a Service of this name. */
function serviceLinks(service: string): Env {
  const prefix = service.toUpperCase().replaceAll('-', '_')
  return {
    [`${prefix}_SERVICE_HOST`]: '10.0.0.1',
    [`${prefix}_SERVICE_PORT`]: '9789',
    [`${prefix}_SERVICE_PORT_ADMIN_HTTP`]: '9789',
    [`${prefix}_PORT`]: LINK,
    [`${prefix}_PORT_9789_TCP`]: LINK,
    [`${prefix}_PORT_9789_TCP_PROTO`]: 'tcp',
    [`${prefix}_PORT_9789_TCP_PORT`]: '9789',
    [`${prefix}_PORT_9789_TCP_ADDR`]: '10.0.0.1',
    [`${prefix}_PORT_53_UDP`]: 'udp://10.0.0.1:53',
    [`${prefix}_PORT_9_SCTP_ADDR`]: '10.0.0.1',
  }
}

describe('a name of the registry that there is not', () => {
  it.each([
    ['REGISTRY_TOKEN_FILE', 'REGISTRY_TOKENS_FILE'],
    ['REGISTERY_TOKENS_FILE', 'REGISTRY_TOKENS_FILE'],
    ['registry_tokens_file', 'REGISTRY_TOKENS_FILE'],
    ['REGISTRY_ADMIN_PROT', 'REGISTRY_ADMIN_PORT'],
    ['REGISTRY_TLS_CERT_FILES', 'REGISTRY_TLS_CERT_FILE'],
  ])('ends the start, and names the nearest right one: %s', async (name, right) => {
    expect(shown(await problemsOf({ [name]: 'x' }, readRegistryConfig))).toEqual([
      `VARIABLE_UNKNOWN ${name} is not a variable of the registry; did you mean ${right}?`,
    ])
  })

  it.each([
    ['REGISTRY_TLS_CERT', 'REGISTRY_TLS_CERT_FILE'],
    ['REGISTRY_TOKENS', 'REGISTRY_TOKENS_FILE'],
    ['REGISTRY_PORT', 'REGISTRY_LISTEN_PORT, REGISTRY_LISTEN_TLS_PORT or REGISTRY_ADMIN_PORT'],
  ])('ends the start, and names those that have all its words: %s', async (name, right) => {
    expect(shown(await problemsOf({ [name]: '8080' }, readRegistryConfig))).toEqual([
      `VARIABLE_UNKNOWN ${name} is not a variable of the registry; did you mean ${right}?`,
    ])
  })

  it.each(['REGISTRY_', 'REGISTRY_STORAGE_DELETE_ENABLED', 'REGISTRY_STORAGE_FILE'])(
    'ends the start where none is near: %s',
    async (name) => {
      expect(shown(await problemsOf({ [name]: '8080' }, readRegistryConfig))).toEqual([
        `VARIABLE_UNKNOWN ${name} is not a variable of the registry; see --help`,
      ])
    },
  )

  it('is no concern of the sidecar, and one of the sidecar none of the registry', async () => {
    expect(await sidecarWarnings({ REGISTRY_TOKEN_FILE: 'x' })).toEqual([])
    expect(await registryWarnings({ REGISTRAR_PROBES: 'x', REGISTRAR_TOKENS_FILE: 'x' })).toEqual([])
  })
})

describe('a name of the sidecar that there is not', () => {
  it.each([
    ['REGISTRAR_PROBE_INTERVALL', 'REGISTRAR_PROBE_INTERVAL'],
    ['REGISTAR_PROBE', 'REGISTRAR_PROBE'],
    ['registrar_probe', 'REGISTRAR_PROBE'],
    ['WECHATY_TOKENS', 'WECHATY_TOKEN'],
    ['WECHATY_PUPPET_SERVCIE_TOKEN', 'WECHATY_PUPPET_SERVICE_TOKEN'],
    ['WECHATY_PUPPET_SERVICE_TOKENFILE', 'WECHATY_PUPPET_SERVICE_TOKEN_FILE'],
    ['WECHATY_API_HOST', 'WECHATY_APIHOST'],
    ['LOG_LEVELS', 'LOG_LEVEL'],
  ])('is a warning that names the nearest right one: %s', async (name, right) => {
    expect(shown(await sidecarWarnings({ [name]: 'x' }))).toEqual([
      `VARIABLE_UNKNOWN ${name} is not a variable of this program and is ignored; did you mean ${right}?`,
    ])
  })

  it.each(['REGISTRAR_', 'REGISTRAR_COLOUR'])('is a warning where none is near: %s', async (name) => {
    expect(shown(await sidecarWarnings({ [name]: 'x' }))).toEqual([
      `VARIABLE_UNKNOWN ${name} is not a variable of this program and is ignored; see --help`,
    ])
  })

  it('is a warning at the registry too where it is one of the log', async () => {
    expect(shown(await registryWarnings({ LOG_FORMATS: 'json' }))).toEqual([
      expect.stringContaining(
        'LOG_FORMATS is not a variable of this program and is ignored; did you mean LOG_FORMAT?',
      ),
    ])
  })
})

it.each([
  ['WECHATY_PUPPET_HOSTIE_TOKEN', 'WECHATY_PUPPET_SERVICE_TOKEN'],
  ['WECHATY_HOSTIE_PORT', 'WECHATY_PUPPET_SERVER_PORT'],
  ['WECHATY_PUPPET_HOSTIE_PORT', 'WECHATY_PUPPET_SERVER_PORT'],
  ['WECHATY_SERVICE_DISCOVERY_ENDPOINT', 'WECHATY_PUPPET_SERVICE_AUTHORITY'],
])('an old name is not obeyed, and the new one is said: %s', async (name, successor) => {
  const { config, warnings } = await readConfig({ WECHATY_TOKEN: TOKEN, [name]: '8789' })
  expect(config).toEqual((await readConfig({ WECHATY_TOKEN: TOKEN })).config)
  expect(shown(warnings)).toEqual([
    `VARIABLE_OUTDATED ${name} is an old name, which is not read; write ${successor}`,
  ])
})

it('nothing is said of what gateways, puppets, clients and other programs read', async () => {
  const env = {
    PATH: '/bin',
    LOG_FILE: 'x',
    LOG_COLOR: 'x',
    WECHAT_TOKEN: 'x',
    WECHATY_LOG: 'silly',
    WECHATY_NAME: 'bot',
    WECHATY_PUPPET: 'wechaty-puppet-padlocal',
    WECHATY_PUPPET_PADLOCAL_TOKEN: 'x',
    WECHATY_PUPPET_TOKEN: 'x',
    WECHATY_PUPPET_LRU_CACHE_SIZE_ROOM: '100',
    WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:8788',
    WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: 'true',
    WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: 'true',
    WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME: 'insecure',
    WECHATY_PUPPET_SERVICE_TLS_CA_CERT: 'x',
  }
  expect(await sidecarWarnings(env)).toEqual([])
  expect(await registryWarnings({ ...env, WECHATY_TOKEN: TOKEN })).toEqual([])
})

describe('what Kubernetes sets beside a Service', () => {
  it.each(['registrar', 'registrar-probe', 'registry', 'registry-of-ours', 'wechaty-puppet', 'log-level'])(
    'is no variable of ours, and nothing is said of it: %s',
    async (service) => {
      const env = serviceLinks(service)
      expect(await sidecarWarnings(env)).toEqual([])
      const { config, warnings } = await readRegistryConfig(env)
      expect(config).toEqual((await readRegistryConfig({})).config)
      expect(warnings).toEqual([])
    },
  )

  it.each([
    ['registry-admin', 'REGISTRY_ADMIN_PORT'],
    ['registry-listen', 'REGISTRY_LISTEN_PORT'],
    ['registry-listen-tls', 'REGISTRY_LISTEN_TLS_PORT'],
  ])('is set aside with a warning where a real name is hit: %s', async (service, name) => {
    const { config, warnings } = await readRegistryConfig(serviceLinks(service))
    expect(config).toEqual((await readRegistryConfig({})).config)
    expect(shown(warnings)).toEqual([
      expect.stringMatching(`^SERVICE_LINK ${name} is what Kubernetes sets .* enableServiceLinks: false`),
    ])
  })

  it.each([
    ['registrar-admin', 'REGISTRAR_ADMIN_PORT'],
    ['registrar-advertise', 'REGISTRAR_ADVERTISE_PORT'],
    ['wechaty-puppet-server', 'WECHATY_PUPPET_SERVER_PORT'],
  ])("is set aside among the sidecar's too: %s", async (service, name) => {
    const { config, warnings } = await readConfig({ WECHATY_TOKEN: TOKEN, ...serviceLinks(service) })
    expect(config).toEqual((await readConfig({ WECHATY_TOKEN: TOKEN })).config)
    expect(warnings).toMatchObject([{ code: 'SERVICE_LINK', variable: name }])
  })
})

describe('a value', () => {
  it.each([
    ['a newline', '8789\n'],
    ['a carriage return', '8789\r'],
    ['white space', ' 8789\t'],
    ['a byte order mark', '\uFEFF8789'],
  ])('may have %s around it', async (_what, port) => {
    const { config } = await readConfig({ WECHATY_TOKEN: TOKEN, WECHATY_PUPPET_SERVER_PORT: port })
    expect(config.puppet.port).toBe(8789)
    expect((await readRegistryConfig({ REGISTRY_LISTEN_PORT: port })).config.listen).toMatchObject([
      { port: 8789 },
    ])
  })

  it('that is a word may be in capitals', async () => {
    const env = { LOG_LEVEL: 'INFO\r', REGISTRAR_PROBE: 'TCP', REGISTRAR_PUPPET_TLS: 'Off' }
    const { config } = await readConfig({ WECHATY_TOKEN: TOKEN, ...env })
    expect([config.log.level, config.probe.kind, config.puppet.tls]).toEqual(['info', 'tcp', 'off'])
  })

  it.each([`"8788"`, `'8788'`, `8788"`, `"`])(
    'in quotes is a problem that says who keeps them: %s',
    async (port) => {
      const env = { WECHATY_TOKEN: TOKEN, WECHATY_PUPPET_SERVER_PORT: port }
      expect(shown(await problemsOf(env))).toEqual([
        expect.stringMatching(
          /^VARIABLE_QUOTED WECHATY_PUPPET_SERVER_PORT is in quotes; .* --env-file keeps them/,
        ),
      ])
    },
  )

  it('of nothing but white space is a problem: with a list of that name the registry would be open', async () => {
    expect(shown(await problemsOf({ REGISTRY_TOKENS_FILE: ' \n' }, readRegistryConfig))).toEqual([
      'VARIABLE_INVALID REGISTRY_TOKENS_FILE holds nothing but white space; leave it empty',
    ])
  })
})
