import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readConnectConfig } from '../../../src/config/connect-config.ts'
import type { Env } from '../../../src/config/environment.ts'
import { createAuthority } from '../../support/certificates.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { problemsOf } from './problems-of.ts'

afterAll(removeTempDirs)

const TOKEN = 'insecure_recognisable-3f2c9a7e'
const OTHER = 'puppet_recognisable-4a5b6c7d'
const SET = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN }

/** What is wrong, one line a problem: code, variable, message. */
async function linesOf(env: Env, given?: string): Promise<readonly string[]> {
  const problems = await problemsOf(env, (each) => readConnectConfig(each, given))
  return problems.map(({ code, variable, message }) => `${code} ${variable} ${message}`)
}

function fileOf(content: string): string {
  const path = join(makeTempDir(), 'list')
  writeFileSync(path, content)
  return path
}

describe('problems', () => {
  it('come all at once, each with its variable', async () => {
    const env = {
      ...SET,
      CONNECT_LISTEN: 'nowhere',
      CONNECT_WAIT: '10',
      CONNECT_UPSTREAM_TLS: 'maybe',
      CONNECT_UPSTREAM_CA_FILE: join(makeTempDir(), 'missing'),
      WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME: '127.0.0.1',
      CONNECT_LISTEN_TLS: 'yes please',
      CONNECT_DRAIN_TIMEOUT: '0',
      CONNECT_ADMIN_HOST: 'one two',
      CONNECT_ADMIN_PORT: '70000',
      CONNECT_ADMIN_ALLOWED_HOSTS: 'http://me',
      REGISTRAR_REGISTRY_CA_FILE: join(makeTempDir(), 'missing'),
      LOG_LEVEL: 'loud',
    }
    const found = await problemsOf(env, readConnectConfig)
    const expected = Object.keys(env).filter((name) => !(name in SET))
    expect([...new Set(found.map(({ variable }) => variable))].sort()).toEqual(expected.sort())
    for (const { message } of found) expect(message).toMatch(/^[a-z]/)
  })

  it.each<readonly [string, Env, string]>([
    [
      'that nobody gave a token',
      {},
      'TOKEN_MISSING CONNECT_LISTEN has no token; set WECHATY_PUPPET_SERVICE_TOKEN or WECHATY_PUPPET_SERVICE_TOKEN_FILE, or write 8788=insecure_…',
    ],
    [
      'that there are several tokens with one address',
      { WECHATY_PUPPET_SERVICE_TOKEN: `${TOKEN},${OTHER}` },
      'VARIABLE_INVALID CONNECT_LISTEN is one address for 2 tokens; give each token its own: 8788=insecure_…, 8789=insecure_…',
    ],
    [
      'an entry without a token among others',
      { CONNECT_LISTEN: `8788=${TOKEN},8789` },
      'TOKEN_MISSING CONNECT_LISTEN entry 2 has no token',
    ],
    [
      'an equals sign without a token',
      { ...SET, CONNECT_LISTEN: '8788=' },
      'TOKEN_INVALID CONNECT_LISTEN has a token that is missing',
    ],
    [
      'a token in quotes behind a port',
      { CONNECT_LISTEN: `8788='${TOKEN}',8789=${OTHER}` },
      'TOKEN_INVALID CONNECT_LISTEN entry 1 has a token that has quotes around it; write it without',
    ],
    [
      'a token in the place of an address',
      { CONNECT_LISTEN: TOKEN },
      'CONNECT_LISTEN is not an address; write port',
    ],
    [
      'token and port the other way round',
      { CONNECT_LISTEN: `${TOKEN}=8788` },
      'CONNECT_LISTEN is not an address',
    ],
    ['a URL', { ...SET, CONNECT_LISTEN: 'http://127.0.0.1:8788' }, 'CONNECT_LISTEN is not an address'],
    ['a port that there is not', { ...SET, CONNECT_LISTEN: '65536' }, 'CONNECT_LISTEN is not an address'],
    [
      'an IPv6 address without brackets',
      { ...SET, CONNECT_LISTEN: '::1:8788' },
      'CONNECT_LISTEN is not an address',
    ],
    [
      'quotes around a value',
      { ...SET, CONNECT_LISTEN: '"8788"' },
      'VARIABLE_QUOTED CONNECT_LISTEN is in quotes; write it without',
    ],
    [
      'a path that is missing',
      { ...SET, CONNECT_LISTEN: '/nowhere/list' },
      'FILE_MISSING CONNECT_LISTEN there is no such file or folder; is it mounted?',
    ],
    [
      'a folder in the place of a file',
      { ...SET, CONNECT_LISTEN: join(fileOf(TOKEN), '..') },
      'FILE_UNREADABLE CONNECT_LISTEN is a folder; give a file',
    ],
    [
      'a file without an entry',
      { CONNECT_LISTEN: fileOf('# nobody\n') },
      'TOKEN_MISSING CONNECT_LISTEN holds no line like 8788=insecure_…',
    ],
    [
      'a line that is none',
      { CONNECT_LISTEN: fileOf(`8788=${TOKEN}\n\nport=${OTHER}\n`) },
      'CONNECT_LISTEN line 3 is not an address',
    ],
    [
      'an address that is there twice',
      { CONNECT_LISTEN: `8788=${TOKEN},127.0.0.1:8788=${OTHER}` },
      'PORT_TAKEN CONNECT_LISTEN has 127.0.0.1:8788 twice; give one of them another port',
    ],
    [
      'an address within another',
      { CONNECT_LISTEN: `0.0.0.0:8788=${TOKEN},127.0.0.1:8788=${OTHER}` },
      'PORT_TAKEN CONNECT_LISTEN has 127.0.0.1:8788 twice',
    ],
    [
      'the port of the endpoints as that of bots',
      { ...SET, CONNECT_LISTEN: '9790' },
      'PORT_TAKEN CONNECT_ADMIN_PORT is a port of CONNECT_LISTEN too; choose another',
    ],
    [
      'the port of the endpoints within that of bots',
      { ...SET, CONNECT_LISTEN: '0.0.0.0:9790' },
      'PORT_TAKEN CONNECT_ADMIN_PORT is a port of CONNECT_LISTEN too; choose another',
    ],
    [
      'a name that is misspelt',
      { ...SET, CONNECT_UPSTREAM_TSL: 'on' },
      'VARIABLE_UNKNOWN CONNECT_UPSTREAM_TSL is not a variable of connect; did you mean CONNECT_UPSTREAM_TLS?',
    ],
    [
      'a name that there is not',
      { ...SET, CONNECT_TOKEN: TOKEN },
      'VARIABLE_UNKNOWN CONNECT_TOKEN is not a variable of connect; see --help',
    ],
    [
      'half a certificate',
      { ...SET, CONNECT_LISTEN_TLS: 'on', CONNECT_LISTEN_TLS_KEY_FILE: fileOf('') },
      'CONNECT_LISTEN_TLS_CERT_FILE',
    ],
    [
      'a token file that is missing, and not a missing token too',
      { WECHATY_PUPPET_SERVICE_TOKEN_FILE: '/nowhere/token' },
      'FILE_MISSING WECHATY_PUPPET_SERVICE_TOKEN_FILE there is no such file',
    ],
    [
      "the gateway's name for the registry with a scheme",
      { ...SET, WECHATY_APIHOST: 'https://registry.example' },
      'WECHATY_APIHOST',
    ],
  ])('say %s', async (_what, env, words) => {
    const lines = await linesOf(env)
    expect(lines).toEqual([expect.stringContaining(words)])
    expect(lines.join()).not.toContain('recognisable')
  })

  it('say that what was given on standard input is no token', async () => {
    expect(await linesOf(SET, '\n')).toEqual(['TOKEN_MISSING the token given to connect holds no token'])
  })
})

describe('warnings', () => {
  const warningsOf = async (env: Env): Promise<readonly string[]> => {
    const { warnings } = await readConnectConfig({ ...SET, ...env })
    return warnings.map(({ code, variable, message }) => `${code} ${variable} ${message}`)
  }

  it('name what Kubernetes sets for a Service that has the name of a variable', async () => {
    const lines = await warningsOf({
      CONNECT_ADMIN_PORT: 'tcp://10.0.0.7:80',
      CONNECT_SERVICE_HOST: '10.0.0.7',
    })
    expect(lines).toEqual([
      expect.stringMatching(/^SERVICE_LINK CONNECT_ADMIN_PORT .* enableServiceLinks: false/),
    ])
  })

  it('name what is set and not used', async () => {
    const { certFile, keyFile } = await (await createAuthority()).issue(['dns:puppet.example'])
    const lines = await warningsOf({
      CONNECT_UPSTREAM_TLS: 'off',
      CONNECT_UPSTREAM_CA_FILE: certFile,
      CONNECT_LISTEN_TLS_CERT_FILE: certFile,
      CONNECT_LISTEN_TLS_KEY_FILE: keyFile,
    })
    expect(lines.filter((line) => line.startsWith('VARIABLE_CONFLICT'))).toEqual([
      'VARIABLE_CONFLICT CONNECT_UPSTREAM_CA_FILE is not used: CONNECT_UPSTREAM_TLS is off',
      'VARIABLE_CONFLICT CONNECT_LISTEN_TLS_CERT_FILE is not used: CONNECT_LISTEN_TLS is off',
      'VARIABLE_CONFLICT CONNECT_LISTEN_TLS_KEY_FILE is not used: CONNECT_LISTEN_TLS is off',
    ])
  })

  it("leave the names of the sidecar and of the bot's SDK alone", async () => {
    expect(
      await warningsOf({
        REGISTRAR_PROBE: 'tcp',
        WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:8788',
        WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: 'true',
      }),
    ).toEqual([])
  })
})

describe('a list of addresses that is none', () => {
  it('has its first ten problems named, and the others counted', async () => {
    const content = `8788=${TOKEN}\n`.repeat(10_000)
    const lines = await linesOf({ CONNECT_LISTEN: fileOf(content) })
    expect(lines).toHaveLength(11)
    expect(lines[0]).toContain('PORT_TAKEN CONNECT_LISTEN has 127.0.0.1:8788 twice')
    expect(lines[10]).toBe('VARIABLE_INVALID CONNECT_LISTEN has 9989 more problems; mend these first')
  })

  it.each([
    ['nonsense', 'x\n'],
    ['one address again and again', `8788=${TOKEN}\n`],
  ])(
    'is refused in one sentence, and at once, where it holds a hundred thousand lines of %s',
    async (_what, line) => {
      const lines = await linesOf({ CONNECT_LISTEN: fileOf(line.repeat(100_000)) })
      expect(lines).toEqual([
        'VARIABLE_INVALID CONNECT_LISTEN holds more than 10,000 addresses; is it the right file?',
      ])
    },
    5000,
  )
})
