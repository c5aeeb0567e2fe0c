import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { Findings } from '../../../src/config/config-error.ts'
import { readRegistryAccess } from '../../../src/config/registry-access.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import { makePipe } from '../../support/files.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

const [PEM = ''] = rootCertificates
const read = async (env: Record<string, string>, writtenAs = (name: string): string => name) => {
  const findings = new Findings()
  const access = await readRegistryAccess(env, writtenAs, findings)
  return { access, problems: findings.problems, warnings: findings.warnings }
}

function linkToZero(dir: string): string {
  symlinkSync('/dev/zero', join(dir, 'link'))
  return join(dir, 'link')
}

/** Takes no room on the disk. */
function hugeFile(dir: string): string {
  writeFileSync(join(dir, 'huge'), '')
  truncateSync(join(dir, 'huge'), 1024 ** 4)
  return join(dir, 'huge')
}

function fileWith(content: string): string {
  const path = join(makeTempDir(), 'ca.pem')
  writeFileSync(path, content)
  return path
}

describe('which registry', () => {
  it('is api.chatie.io over TLS, directly, when nothing is set', async () => {
    const { access, problems } = await read({})
    expect(problems).toEqual([])
    expect(access).toEqual({
      url: new URL('wss://api.chatie.io'),
      extraCa: [],
      caFile: undefined,
      proxy: undefined,
      proxyVariables: undefined,
    })
  })

  it('the whole URL goes before the authority', async () => {
    const { access } = await read({
      REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:8080',
      WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.example.com',
    })
    expect(access?.url.href).toBe('ws://127.0.0.1:8080/')
  })

  it('a problem is reported under the name that the user wrote', async () => {
    const { problems } = await read({ WECHATY_PUPPET_SERVICE_AUTHORITY: 'no host' }, () => 'WECHATY_APIHOST')
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
  it('is read, and what is odd about it is a warning', async () => {
    const glued = `${PEM.trim()}${PEM.trim()}`
    const { access, problems, warnings } = await read({ REGISTRAR_REGISTRY_CA_FILE: fileWith(glued) })
    expect(problems).toEqual([])
    expect(access?.extraCa).toHaveLength(2)
    expect(warnings).toMatchObject([
      { variable: 'REGISTRAR_REGISTRY_CA_FILE', message: expect.stringContaining('without a line break') },
    ])
  })

  it('that is of no use is a problem', async () => {
    const { problems } = await read({ REGISTRAR_REGISTRY_CA_FILE: fileWith('hello') })
    expect(problems).toMatchObject([
      { variable: 'REGISTRAR_REGISTRY_CA_FILE', message: expect.stringContaining('is not PEM') },
    ])
  })

  it.each([
    [
      'that is not there',
      (dir: string) => join(dir, 'missing.pem'),
      /^there is no such file; is it mounted\?$/,
    ],
    [
      'in the place of which Docker has made a folder',
      (dir: string) => dir,
      /^is an empty folder: was the file there/,
    ],
    ['that is a folder', (dir: string) => join(dir, '..'), /^is a folder; give a file$/],
    ['that is a pipe', makePipe, /^is no file, but a pipe, a device or a socket$/],
    ['that is a device', () => '/dev/zero', /^is no file, but a pipe, a device or a socket$/],
    ['that is a link to a device', linkToZero, /^is no file, but a pipe/],
    ['that is huge', hugeFile, /^holds more than 1 MiB; is it the right file\?$/],
  ])('%s is a problem, and holds nothing up', async (_what, pathIn, words) => {
    const { problems } = await read({ REGISTRAR_REGISTRY_CA_FILE: pathIn(makeTempDir()) })
    expect(problems).toEqual([
      {
        code: expect.stringMatching(/^FILE_/),
        variable: 'REGISTRAR_REGISTRY_CA_FILE',
        message: expect.stringMatching(words),
      },
    ])
  })
})

describe('a proxy', () => {
  it.each([
    ['HTTPS_PROXY', 'http://proxy:3128', 'http://proxy:3128'],
    ['https_proxy', 'https://user:secret@proxy:3128', 'https://proxy:3128'],
    ['HTTP_PROXY', 'HTTP://proxy:3128', 'http://proxy:3128'],
    ['http_proxy', 'http://[::1]:3128', 'http://[::1]:3128'],
    ['ALL_PROXY', 'http://proxy', 'http://proxy:80'],
  ])('in %s is taken: %s', async (variable, value, url) => {
    const registry = /^http_/i.test(variable) ? 'ws://127.0.0.1' : 'wss://127.0.0.1'
    const { access, problems } = await read({ [variable]: value, REGISTRAR_REGISTRY_URL: registry })
    expect(problems).toEqual([])
    expect(access?.proxy).toMatchObject({ url, variable })
  })

  it('is none where the registry is on NO_PROXY, or nothing but NO_PROXY is set', async () => {
    const none = await read({ NO_PROXY: '*' })
    expect(none.access).toMatchObject({ proxy: undefined, proxyVariables: undefined })
    const { access } = await read({ HTTPS_PROXY: 'http://proxy', NO_PROXY: 'chatie.io' })
    expect(access?.proxy).toBeUndefined()
  })

  it('that cannot be used is a problem, which does not repeat its value', async () => {
    const { problems } = await read({ HTTPS_PROXY: 'socks5://user:secret@proxy:1080' })
    expect(problems).toMatchObject([
      { variable: 'HTTPS_PROXY', message: expect.stringContaining('a SOCKS proxy, which is not supported') },
    ])
    expect(JSON.stringify(problems)).not.toContain('secret')
  })

  it.each([
    ['another proxy is taken', { HTTPS_PROXY: 'http://proxy:3128', ALL_PROXY: 'socks5://proxy:1080' }],
    ['it is for the other scheme', { HTTP_PROXY: 'socks5://proxy:1080' }],
    ['the registry is on NO_PROXY', { HTTPS_PROXY: 'socks5://proxy:1080', NO_PROXY: 'api.chatie.io' }],
  ])('that cannot be used is no problem where %s', async (_why, env) => {
    expect((await read(env)).problems).toEqual([])
  })

  it('that cannot be used is a problem in spite of a NO_PROXY that does not name the registry', async () => {
    const { problems } = await read({ HTTPS_PROXY: 'socks5://proxy:1080', NO_PROXY: 'localhost' })
    expect(problems).toHaveLength(1)
  })
})

it('all problems are reported at once', async () => {
  const { access, problems } = await read({
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
