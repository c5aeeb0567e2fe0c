import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { Findings } from '../../../src/config/config-error.ts'
import { readRegistryAccess } from '../../../src/config/registry-access.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

const [PEM = ''] = rootCertificates
const read = (env: Record<string, string>, writtenAs = (name: string): string => name) => {
  const findings = new Findings()
  return { access: readRegistryAccess(env, writtenAs, findings), problems: findings.problems }
}

function fileWith(content: string): string {
  const path = join(makeTempDir(), 'ca.pem')
  writeFileSync(path, content)
  return path
}

describe('which registry', () => {
  it('is api.chatie.io over TLS, directly, when nothing is set', () => {
    const { access, problems } = read({})
    expect(problems).toEqual([])
    expect(access).toEqual({
      url: new URL('wss://api.chatie.io'),
      extraCa: undefined,
      proxyFromEnvironment: false,
    })
  })

  it('the whole URL goes before the authority', () => {
    const { access } = read({
      REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:8080',
      WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.example.com',
    })
    expect(access?.url.href).toBe('ws://127.0.0.1:8080/')
  })

  it('a problem is reported under the name that the user wrote', () => {
    const { problems } = read({ WECHATY_PUPPET_SERVICE_AUTHORITY: 'no host' }, () => 'WECHATY_APIHOST')
    expect(problems).toMatchObject([{ variable: 'WECHATY_APIHOST', message: expect.any(String) }])
  })
})

const warningsOf = async (env: Record<string, string>): Promise<readonly string[]> => {
  const { warnings } = await readConfig({ WECHATY_TOKEN: 'insecure_aaaa-1111', ...env })
  return warnings.map(({ code, variable, message }) => `${code} ${variable} ${message}`)
}

describe('two variables that name the registry', () => {
  it.each([
    [{ WECHATY_PUPPET_SERVICE_AUTHORITY: 'other.example.com' }, 'WECHATY_PUPPET_SERVICE_AUTHORITY'],
    [{ WECHATY_APIHOST: 'my-registry:8081' }, 'WECHATY_APIHOST'],
    [{ WECHATY_APIHOST: 'api.chatie.io' }, 'WECHATY_APIHOST'],
  ])('are a warning that says which counts if they differ: %j', async (other, name) => {
    expect(await warningsOf({ REGISTRAR_REGISTRY_URL: 'ws://my-registry:8080', ...other })).toEqual([
      expect.stringMatching(
        `^VARIABLE_CONFLICT ${name} names another registry than REGISTRAR_REGISTRY_URL, which counts`,
      ),
    ])
  })

  it.each(['my-registry:8080', 'MY-Registry:8080', 'my-registry'])(
    'are none if they agree: %s',
    async (same) => {
      expect(
        await warningsOf({ REGISTRAR_REGISTRY_URL: 'ws://my-registry:8080/base', WECHATY_APIHOST: same }),
      ).toEqual([])
    },
  )

  it('are none where one is for a gateway elsewhere, and names our gateway server', async () => {
    const env = { REGISTRAR_GATEWAY_PORT: '9787', REGISTRAR_REGISTRY_URL: 'ws://my-registry:8080' }
    expect(await warningsOf({ ...env, WECHATY_APIHOST: 'registrar:9787' })).toEqual([])
  })
})

describe("a gateway's WECHATY_APIHOST", () => {
  it.each(['my-registry:8080', 'my-registry', '192.168.1.2:8080', 'registry.example.com:8080'])(
    'is a warning with the whole line to write if the registry may speak plain ws: %s',
    async (host) => {
      expect(await warningsOf({ WECHATY_APIHOST: host })).toEqual([
        expect.stringMatching(
          new RegExp(`^REGISTRY_TLS_EXPECTED .* add REGISTRAR_REGISTRY_URL=ws://${host}$`),
        ),
      ])
    },
  )

  it.each(['api.chatie.io', 'registry.example.com', 'registry.example.com:443'])(
    'is none at %s',
    async (host) => {
      expect(await warningsOf({ WECHATY_APIHOST: host })).toEqual([])
      expect(await warningsOf({ WECHATY_PUPPET_SERVICE_AUTHORITY: 'my-registry:8080' })).toEqual([])
    },
  )
})

describe('the certificates file', () => {
  it.each([
    ['one certificate', PEM],
    ['several', rootCertificates.slice(0, 3).join('\n')],
    ['one with words around it', `Our authority\n${PEM}\n`],
    ['one with Windows line ends', PEM.replaceAll('\n', '\r\n')],
  ])('with %s is read', (_what, content) => {
    const { access, problems } = read({ REGISTRAR_REGISTRY_CA_FILE: fileWith(content) })
    expect(problems).toEqual([])
    expect(access?.extraCa).toBe(content)
  })

  it.each([
    ['empty', ''],
    ['no certificate', 'hello'],
    ['a certificate cut off', PEM.slice(0, 200)],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
  ])('that is %s is a problem', (_what, content) => {
    const { problems } = read({ REGISTRAR_REGISTRY_CA_FILE: fileWith(content) })
    expect(problems).toMatchObject([
      { variable: 'REGISTRAR_REGISTRY_CA_FILE', message: expect.stringContaining('no valid certificate') },
    ])
  })

  it.each([
    ['that is not there', 'missing.pem', 'ENOENT'],
    ['that is a folder', '.', 'EISDIR'],
  ])('%s is a problem', (_what, name, code) => {
    const { problems } = read({ REGISTRAR_REGISTRY_CA_FILE: join(makeTempDir(), name) })
    expect(problems).toMatchObject([
      { variable: 'REGISTRAR_REGISTRY_CA_FILE', message: `cannot be read (${code}); is it mounted?` },
    ])
  })
})

describe('a proxy', () => {
  it.each([
    ['HTTPS_PROXY', 'http://proxy:3128'],
    ['https_proxy', 'https://user:secret@proxy:3128'],
    ['HTTP_PROXY', 'HTTP://proxy:3128'],
    ['http_proxy', 'http://[::1]:3128'],
    ['ALL_PROXY', 'http://proxy'],
  ])('in %s is honoured: %s', (name, value) => {
    const url = /^http_/i.test(name) ? 'ws://127.0.0.1' : 'wss://127.0.0.1'
    const { access, problems } = read({ [name]: value, REGISTRAR_REGISTRY_URL: url })
    expect(problems).toEqual([])
    expect(access?.proxyFromEnvironment).toBe(true)
  })

  it('NO_PROXY alone wants none', () => {
    expect(read({ NO_PROXY: '*' }).access?.proxyFromEnvironment).toBe(false)
  })

  it.each([
    'socks5://user:secret@proxy:1080',
    'http://',
    'http://user:secret@proxy:99999',
    'proxy:3128',
    'a b',
  ])('%s is a problem that does not repeat it', (value) => {
    const { problems } = read({ HTTPS_PROXY: value })
    expect(problems).toMatchObject([
      {
        variable: 'HTTPS_PROXY',
        message: 'must be an http:// or https:// URL, for example http://proxy:3128',
      },
    ])
  })
})

it.each([
  ['another proxy is taken', { HTTPS_PROXY: 'http://proxy:3128', ALL_PROXY: 'socks5://proxy:1080' }],
  ['it is for the other scheme', { HTTP_PROXY: 'socks5://proxy:1080' }],
  ['NO_PROXY may say that there is none', { HTTPS_PROXY: 'socks5://proxy:1080', NO_PROXY: '*' }],
])('a proxy that cannot be used is no problem where %s', (_why, env) => {
  expect(read(env).problems).toEqual([])
})

it('all problems are reported at once', () => {
  const { access, problems } = read({
    REGISTRAR_REGISTRY_URL: 'nonsense',
    REGISTRAR_REGISTRY_CA_FILE: join(makeTempDir(), 'missing'),
    HTTPS_PROXY: 'socks5://proxy',
  })
  expect(access).toBeUndefined()
  expect(problems.map(({ variable }) => variable).sort()).toEqual([
    'HTTPS_PROXY',
    'REGISTRAR_REGISTRY_CA_FILE',
    'REGISTRAR_REGISTRY_URL',
  ])
})
