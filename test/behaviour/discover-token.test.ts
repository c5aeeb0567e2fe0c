import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { discover } from '../../src/commands/discover.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

const TOKEN = 'insecure_aaaa-1111'
const OTHER = 'insecure_bbbb-2222'
const PLACEHOLDER = 'insecure_your-token'

/** A registry that finds every token but one, and the paths that it was asked for. */
let registry: Server
let asked: string[]
beforeAll(async () => {
  registry = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (request.url?.endsWith(PLACEHOLDER)) return response.writeHead(404).end('{}')
    response.end('{"host":"10.1.2.3","ip":"10.1.2.3","port":99}')
  }).listen(0, '127.0.0.1')
  await once(registry, 'listening')
})
beforeEach(() => {
  asked = []
})
afterAll(() => {
  registry.close()
  removeTempDirs()
})

/** Runs `discover`: its exit code, and what it says on standard error. */
async function run(
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<{ code: number; errors: readonly string[] }> {
  const errors: string[] = []
  const { port } = registry.address() as AddressInfo
  const code = await discover(
    {
      env: { REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}`, ...env },
      clock: systemClock,
      version: '0',
      program: ['node', 'main.js'],
      shutdown: new AbortController().signal,
      onReload: () => {},
      terminal: false,
      readInput: async (most) => input.slice(0, most),
      print: () => {},
      printError: (line) => void errors.push(line),
      reportBugsTo: () => {},
    },
    { switches: new Set(), args },
  )
  return { code, errors }
}

function fileWith(content: string): string {
  const path = join(makeTempDir(), 'tokens')
  writeFileSync(path, content)
  return path
}

it.each<readonly [string, readonly string[], { env?: Record<string, string>; input?: string }]>([
  ['of the configuration', [], { env: { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN } }],
  ["under the gateway's name", [], { env: { WECHATY_TOKEN: ` ${TOKEN}\n` } }],
  [
    'of the only line of a file',
    [],
    { env: { WECHATY_PUPPET_SERVICE_TOKEN_FILE: fileWith(`# bot\n${TOKEN}\n`) } },
  ],
  [
    'of variable and file, where it is the same',
    [],
    { env: { WECHATY_TOKEN: TOKEN, WECHATY_PUPPET_SERVICE_TOKEN_FILE: fileWith(TOKEN) } },
  ],
  ['of standard input', ['-'], { env: { WECHATY_TOKEN: OTHER }, input: `\uFEFF ${TOKEN}\r\n` }],
  ['of the command line', [TOKEN], { env: { WECHATY_TOKEN: OTHER } }],
])('the token %s is asked for', async (_where, args, given) => {
  expect(await run(args, given)).toEqual({ code: 0, errors: [] })
  expect(asked).toEqual([`/v0/hosties/${TOKEN}`])
})

it.each<readonly [string, readonly string[], { env?: Record<string, string>; input?: string }, string]>([
  [
    'none in the configuration',
    [],
    {},
    'there is no token in the configuration; set WECHATY_PUPPET_SERVICE_TOKEN',
  ],
  [
    'several in the configuration',
    [],
    { env: { WECHATY_TOKEN: `${TOKEN},${OTHER}` } },
    'there are 2 tokens in the configuration',
  ],
  ['nothing on standard input', ['-'], { input: ' \n' }, 'there is no token in standard input'],
  [
    'several on standard input',
    ['-'],
    { input: `${TOKEN}\n${OTHER}\n` },
    'there are 2 tokens in standard input',
  ],
  ['what no token can be', [`${TOKEN}/..`], {}, 'a token has no white space and none of / ? # %'],
])(
  '%s: exit 64 with words that do not repeat a token, and nobody is asked',
  async (_what, args, given, words) => {
    const { code, errors } = await run(args, given)
    expect([code, errors]).toEqual([64, [expect.stringContaining(words)]])
    expect(errors.join()).not.toMatch(/aaaa|bbbb/)
    expect(asked).toEqual([])
  },
)

it('a configured token that cannot be one is a problem of the configuration', async () => {
  await expect(run([], { env: { WECHATY_TOKEN: `"${TOKEN}"` } })).rejects.toThrow(ConfigError)
  await expect(run([], { env: { WECHATY_PUPPET_SERVICE_TOKEN_FILE: '/nowhere' } })).rejects.toThrow(
    /FILE_MISSING/,
  )
})

it('where a token is not registered and cannot be meant, both are said', async () => {
  const { code, errors } = await run([PLACEHOLDER])
  expect(code).toBe(1)
  expect(errors).toEqual([
    expect.stringContaining('discover: not registered at ws://'),
    'discover: the token looks like a placeholder; put the real token there',
  ])
})
