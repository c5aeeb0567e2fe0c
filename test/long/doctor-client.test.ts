import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../src/doctor/client/steps.ts'
import { startProgram, stopAllPeers } from '../support/child.ts'
import { ROOT } from '../support/documentation.ts'
import { prepareRealPuppet, type RealPuppet } from '../support/real-puppet.ts'
import { says, startScriptedProxy, targetsOf } from '../support/scripted-proxy.ts'

// The published TypeScript SDK in a bot's folder, with the versions of grpc-js that it works with and ends with: what the bot does, and what
// the doctor says of it. It is at the public registry's own server, and a real puppet speaks TLS with the community's certificate.

const TOKEN = 'insecure_7f3a-doctor-client'
const PEERS = join(ROOT, 'test/peers')
const OTHERS = join(PEERS, 'grpc-js/node_modules')
const folders: string[] = []

let real: RealPuppet
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  real = await prepareRealPuppet(TOKEN, true)
  await real.startPuppet()
  await real.startSidecar()
  await real.untilRegistrants(1)
  env = {
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${real.registry.port}`,
    NODE_EXTRA_CA_CERTS: real.caFile,
  }
})

afterAll(async () => {
  await stopAllPeers()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/**
 * A bot's folder with the SDK and another grpc-js, which brings what it needs along. It is below `test/peers`, where all else is found that
 * the SDK needs.
 */
function botWith(grpcJs: string): string {
  mkdirSync(join(PEERS, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(PEERS, '.cache/bot-'))
  folders.push(folder)
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@grpc'), { recursive: true })
  symlinkSync(join(OTHERS, grpcJs), join(modules, '@grpc/grpc-js'))
  for (const name of ['wechaty-puppet-service', 'wechaty-token', 'wechaty-grpc']) {
    cpSync(join(PEERS, 'node_modules', name), join(modules, name), { recursive: true })
  }
  for (const file of ['bot.mjs', 'silence.mjs']) cpSync(join(PEERS, file), join(folder, file))
  return folder
}

/** How a bot comes along there. */
async function runBot(folder: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const bot = startProgram(process.execPath, ['bot.mjs'], { ...env, ...more }, folder)
  return bot.line(/^(started|rejected|ended)/, { timeoutMs: 60_000 })
}

interface Said {
  readonly code: number | null
  readonly output: string
  readonly findings: readonly Finding[]
  /** The first one that failed. */
  readonly cause: Finding | undefined
}

async function runDoctor(folder: string, more: Readonly<Record<string, string>> = {}): Promise<Said> {
  const main = join(ROOT, 'dist/main.js')
  const command = startProgram(
    process.execPath,
    [main, 'doctor', '--client', '--json'],
    { ...env, ...more },
    folder,
  )
  const { code } = await command.exit
  const output = command.output()
  const { findings } = JSON.parse(command.output('stdout')) as { findings: readonly Finding[] }
  return { code, output, findings, cause: findings.find(({ status }) => status === 'fail') }
}

describe('a bot with grpc-js 1.9', () => {
  test('starts, and the doctor finds the whole way in order', async () => {
    const [bot, { code, findings, output }] = await Promise.all([runBot(PEERS), runDoctor(PEERS)])
    expect(bot).toBe('started')
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(code).toBe(0)
    expect(output).not.toContain(TOKEN)
  })

  test('never starts behind a proxy in lower case: it tells the proxy its token, and the doctor says so', async () => {
    const proxy = await startScriptedProxy(says('HTTP/1.1 502 Bad Gateway', 'content-length: 0'))
    const proxies = { https_proxy: `http://127.0.0.1:${proxy.port}` }
    const [bot, said] = await Promise.all([runBot(PEERS, proxies), runDoctor(PEERS, proxies)])
    expect(bot).toMatch(/^rejected: /)
    expect(targetsOf(proxy)).toContain(`${TOKEN}:443`)
    const { code, cause, output } = said
    expect(code).toBe(1)
    expect(cause).toMatchObject({ step: 'proxy', remedy: { type: 'https_proxy=' } })
    expect(output).not.toContain(TOKEN)
    await proxy.close()
  })
})

/** The error is the one that users see, and look for. */
const VERSIONS = [
  ['1.13', "Cannot use 'in' operator to search for 'port' in undefined"],
  ['1.14', 'The "callback" argument must be of type function. Received undefined'],
] as const

const canRun = existsSync(OTHERS)
if (!canRun)
  process.stderr.write('\nno other versions of grpc-js: run npm run peers; these tests do not run\n\n')

describe.skipIf(!canRun).each(VERSIONS)('a bot with grpc-js %s', (version, error) => {
  let folder: string

  beforeAll(() => {
    folder = botWith(`grpc-js-${version}`)
  })

  test('ends with an error that explains nothing, and the doctor says why and what to type', async () => {
    const [bot, { code, cause }] = await Promise.all([runBot(folder), runDoctor(folder)])
    expect(bot).toBe(`ended: ${error}`)
    expect(code).toBe(1)
    expect(cause).toMatchObject({
      step: 'grpc-js',
      seen: expect.stringContaining(error),
      remedy: { type: 'npm install @grpc/grpc-js@1.9.15' },
    })
  })

  test('starts where it is told its puppet, and the doctor only warns', async () => {
    const told = { WECHATY_PUPPET_SERVICE_ENDPOINT: `127.0.0.1:${real.port}` }
    const [bot, { code, findings }] = await Promise.all([runBot(folder, told), runDoctor(folder, told)])
    expect(bot).toBe('started')
    expect(code).toBe(0)
    expect(findings.find(({ step }) => step === 'grpc-js')?.status).toBe('warn')
  })
})
