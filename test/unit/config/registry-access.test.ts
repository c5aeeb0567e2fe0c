import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { Findings } from '../../../src/config/config-error.ts'
import { readRegistryAccess } from '../../../src/config/registry-access.ts'
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
