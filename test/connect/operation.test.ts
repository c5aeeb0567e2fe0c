import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { startCommand, startProgram, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil, withDeadline } from '../support/wait.ts'
import { startConnect } from './support/connect.ts'
import { closeStandIns, startAnswers, startBot, startEcho } from './support/stand-ins.ts'

// connect as a process: what it says, what it shows, and how it ends.

afterEach(closeStandIns)
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const [ONE, TWO] = ['insecure_recognisable-first-3f2c9a7e', 'insecure_recognisable-second-4a5b6c7d'] as const
/** Nobody is asked for anything. */
const NOWHERE = { REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:9' }
const PLAIN = { CONNECT_UPSTREAM_TLS: 'off', CONNECT_WAIT: '0' }

describe('connect', () => {
  it('leads nobody to its own endpoints, which trust whoever asks from this machine', async () => {
    const registry = await startAnswers()
    const connect = await startConnect({
      ...PLAIN,
      WECHATY_PUPPET_SERVICE_TOKEN: ONE,
      REGISTRAR_REGISTRY_URL: registry.url,
    })
    registry.ports.set(ONE, connect.adminPort)
    await connect.command.line(/"code":"DISCOVERY_LEADS_HERE"/)
    expect(await startBot(connect.port).say('POST /quitquitquit HTTP/1.1\r\n\r\n')).toBe('reset')
  })

  it('says each change once and shows what is wrong; it is ready as soon as the puppet has a place, without a bot', async () => {
    const registry = await startAnswers()
    const connect = await startConnect({
      ...PLAIN,
      WECHATY_PUPPET_SERVICE_TOKEN: ONE,
      REGISTRAR_REGISTRY_URL: registry.url,
    })
    const { command, port, get } = connect
    await command.line(/"msg":"puppet not found: not registered at/)
    const away = await get('/readyz')
    expect(away.status).toBe(503)
    expect(away.text).toContain('[-] puppet: 0 of 1 found (DISCOVERY_NOT_REGISTERED')
    expect(JSON.parse((await get('/status')).text)).toMatchObject({
      draining: false,
      registry: { url: `${registry.url}/` },
      problems: [{ code: 'DISCOVERY_NOT_REGISTERED', tokens: { count: 1, ids: [publicName(ONE)] } }],
      tokens: [{ id: publicName(ONE), listen: `127.0.0.1:${port}`, puppet: { state: 'away' } }],
    })
    const early = startBot(port)
    expect(await early.say('anybody?')).toBe('reset')

    const first = await startEcho('first')
    registry.ports.set(ONE, first.port)
    await waitUntil(() => get('/readyz').then(({ status }) => status === 200), {
      timeoutMs: 20_000,
      what: 'connect to be ready',
    })
    const bot = startBot(port)
    expect(await bot.say('hello')).toBe('first:hello')
    expect((await get('/metrics')).text).toMatch(/^puppet_connect_bytes_total\{direction="from_bots"\} 13$/m)
    const { tokens, problems } = JSON.parse((await get('/status')).text)
    expect(problems).toEqual([])
    expect(tokens).toMatchObject([
      {
        connections: 1,
        puppet: { state: 'found', host: '127.0.0.1', port: first.port, tls: false, code: null },
      },
    ])

    const second = await startEcho('second')
    registry.ports.set(ONE, second.port)
    first.close()
    expect(await bot.ended).toBe('reset')
    await waitUntil(async () => (await startBot(port).say('again')) === 'second:again', {
      timeoutMs: 10_000,
      what: 'the moved puppet to be reached',
    })
    const metrics = (await get('/metrics')).text
    expect(metrics).toMatch(/^puppet_connect_tokens\{state="found"\} 1$/m)
    expect(metrics).toMatch(/^puppet_connect_failed_total\{code="DISCOVERY_NOT_REGISTERED"\} 1$/m)
    command.kill('SIGTERM')
    expect(await command.exit).toEqual({ code: 0, signal: null })

    const messages = command
      .lines('stdout')
      .map((line) => JSON.parse(line))
      .map(({ level, msg }) => `${level}: ${msg}`)
    // Between death and move, a connection may or may not have been tried.
    expect(messages.filter((line) => !line.includes('nothing listens on'))).toEqual([
      'info: starting',
      `info: listening: bots reach this token's puppet at 127.0.0.1:${port}`,
      expect.stringMatching(/^warn: puppet not found: not registered at /),
      expect.stringMatching(/^warn: a bot was sent away: not registered at /),
      expect.stringMatching(/^info: puppet back at 127\.0\.0\.1:\d+ after .* s; 1 bot was sent away/),
      expect.stringMatching(/^info: puppet moved from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+/),
      expect.stringMatching(/^info: draining/),
      'info: ended',
    ])
    expect(messages.filter((line) => line.includes('nothing listens on')).length).toBeLessThanOrEqual(2)
  })

  it('follows its files at once with SIGHUP: new addresses listen, removed ones take no more, open connections go on', async () => {
    const registry = await startAnswers()
    const [first, second] = [await startEcho('first'), await startEcho('second')]
    registry.ports.set(ONE, first.port)
    registry.ports.set(TWO, second.port)
    const [here, there] = [await freePort(), await freePort()]
    const list = join(makeTempDir(), 'list')
    writeFileSync(list, `${here}=${ONE}\n`)
    const { command, get } = await startConnect({
      ...PLAIN,
      CONNECT_LISTEN: list,
      REGISTRAR_REGISTRY_URL: registry.url,
    })
    const bot = startBot(here)
    expect(await bot.say('hello')).toBe('first:hello')

    writeFileSync(list, `${there}=${TWO}\n`)
    command.kill('SIGHUP')
    await command.line(/"msg":"addresses changed: 1 added, 1 removed/)
    expect(await startBot(there).say('hello')).toBe('second:hello')
    expect(await startBot(here).ended).toBe('refused')
    expect(await bot.say('still there?')).toBe('first:still there?')

    writeFileSync(list, `${there}="${ONE}"\n`)
    command.kill('SIGHUP')
    const said = await command.line(/all stays as it was, because of CONNECT_LISTEN/)
    expect(said).toContain('has quotes around it')
    expect(await startBot(there).say('hello')).toBe('second:hello')
    expect(JSON.parse((await get('/status')).text).problems).toMatchObject([{ code: 'TOKEN_INVALID' }])

    // A port that is taken: not even the one that is free is listened on, and the address that is gone stays.
    writeFileSync(list, `${here}=${TWO}\n${first.port}=${ONE}\n`)
    command.kill('SIGHUP')
    await command.line(
      /all stays as it was, because of CONNECT_LISTEN: 127\.0\.0\.1:\d+ is taken by another program/,
    )
    expect(await startBot(here).ended).toBe('refused')
    expect(await startBot(there).say('hello')).toBe('second:hello')

    // The other token at the same address.
    writeFileSync(list, `${there}=${ONE}\n`)
    command.kill('SIGHUP')
    await command.line(/1 with another token/)
    expect(await startBot(there).say('hello')).toBe('first:hello')

    // The same port of another host: all addresses in place of one, though a bot is there; and not where something else cannot be had.
    const stays = startBot(there)
    expect(await stays.say('hello')).toBe('first:hello')
    writeFileSync(list, `0.0.0.0:${there}=${TWO}\n${second.port}=${ONE}\n`)
    command.kill('SIGHUP')
    await command.line((line) => line.includes(`127.0.0.1:${second.port} is taken by another program`))
    expect(await startBot(there).say('hello')).toBe('first:hello')
    writeFileSync(list, `0.0.0.0:${there}=${TWO}\n`)
    command.kill('SIGHUP')
    const changes = () =>
      command.lines().filter((line) => line.includes('addresses changed: 1 added, 1 removed'))
    await waitUntil(() => changes().length === 2, {
      timeoutMs: 20_000,
      what: 'the port to have another host',
    })
    expect(await startBot(there).say('hello')).toBe('second:hello')
    expect(await stays.say('still there?')).toBe('first:still there?')
    expect(command.output()).not.toContain('recognisable')
  })
})

it('many addresses are one line at the start', async () => {
  const ports = await Promise.all(Array.from({ length: 12 }, freePort))
  const command = startCommand(['connect'], {
    env: {
      CONNECT_LISTEN: ports.map((port) => `${port}=${ONE}-${port}`).join(),
      CONNECT_ADMIN_PORT: '0',
      ...NOWHERE,
    },
  })
  await command.line(/"msg":"listening: 12 addresses/)
  expect(command.lines().filter((line) => line.includes('"msg":"listening'))).toHaveLength(1)
  command.kill('SIGTERM')
  expect((await command.exit).code).toBe(0)
})

describe('the end of connect', () => {
  async function begin(env: Readonly<Record<string, string>> = {}) {
    const registry = await startAnswers()
    const puppet = await startEcho('puppet')
    registry.ports.set(ONE, puppet.port)
    const connect = await startConnect({
      ...PLAIN,
      WECHATY_PUPPET_SERVICE_TOKEN: ONE,
      REGISTRAR_REGISTRY_URL: registry.url,
      ...env,
    })
    const bot = startBot(connect.port)
    expect(await bot.say('hello')).toBe('puppet:hello')
    return { ...connect, bot }
  }

  it('comes with SIGTERM: not ready, no new connections, and open ones have CONNECT_DRAIN_TIMEOUT', async () => {
    const { command, get, port, bot } = await begin({ CONNECT_DRAIN_TIMEOUT: '2s' })
    const since = elapsed()
    command.kill('SIGTERM')
    await command.line(/"msg":"draining/)
    expect(await get('/readyz')).toEqual({ status: 503, text: expect.stringContaining('[-] draining') })
    expect((await get('/livez')).status).toBe(200)
    expect(await startBot(port).ended).toBe('refused')
    expect(await bot.say('still there?')).toBe('puppet:still there?')
    await withDeadline(bot.ended, 20_000, () => 'the end of the open connection')
    expect(since()).toBeGreaterThan(1900)
    const exit = await withDeadline(command.exit, 20_000, () => 'the end')
    expect(exit).toEqual({ code: 0, signal: null })
  })

  it('comes as soon as the last connection has ended', async () => {
    const { command, bot } = await begin({ CONNECT_DRAIN_TIMEOUT: '1m' })
    command.kill('SIGTERM')
    await command.line(/"msg":"draining/)
    bot.socket.end()
    const exit = await withDeadline(command.exit, 20_000, () => 'the end, long before the minute is over')
    expect(exit).toEqual({ code: 0, signal: null })
  })

  it('comes at once with a second signal', async () => {
    const { command } = await begin({ CONNECT_DRAIN_TIMEOUT: '1m' })
    const since = elapsed()
    command.kill('SIGTERM')
    await waitUntil(() => since() > 1100, {
      timeoutMs: 5000,
      what: 'the time in which a signal is the same one',
    })
    command.kill('SIGTERM')
    expect(await command.exit).toEqual({ code: 143, signal: null })
  })

  it('does not come with /drain, which is answered when no connection is left, and comes with /quitquitquit', async () => {
    const { command, adminPort, get, port, bot } = await begin({ CONNECT_DRAIN_TIMEOUT: '1s' })
    const post = (path: string) => fetch(`http://127.0.0.1:${adminPort}${path}`, { method: 'POST' })
    const drained = await post('/drain')
    expect(JSON.parse((await get('/status')).text).connections).toBe(0)
    expect([drained.status, await drained.text()]).toEqual([200, 'drained: no connection is open any more\n'])
    await bot.ended
    expect(await startBot(port).ended).toBe('refused')
    expect((await get('/readyz')).status).toBe(503)
    expect((await post('/quitquitquit')).status).toBe(200)
    const exit = await withDeadline(command.exit, 20_000, () => 'the end')
    expect(exit).toEqual({ code: 0, signal: null })
  })

  it('is seen by its health check', async () => {
    const { command, adminPort } = await begin()
    const check = (...args: string[]) =>
      startCommand(['healthcheck', '--connect', ...args], { env: { CONNECT_ADMIN_PORT: String(adminPort) } })
        .exit
    await waitUntil(async () => (await check()).code === 0, {
      timeoutMs: 20_000,
      what: 'connect to be healthy',
    })
    expect((await check('--live')).code).toBe(0)
    command.kill('SIGKILL')
    await command.exit
    expect((await check()).code).toBe(1)
  })
})

describe('a start that fails', () => {
  const outcome = async (env: Readonly<Record<string, string>>, args: readonly string[] = []) => {
    const command = startCommand(['connect', ...args], { env })
    const { code } = await command.exit
    return { code, text: command.output('stderr') }
  }

  it.each<readonly [string, (taken: number) => Readonly<Record<string, string>>, RegExp]>([
    [
      'a port of bots that is taken',
      (taken) => ({ CONNECT_LISTEN: String(taken), CONNECT_ADMIN_PORT: '0' }),
      /CONNECT_LISTEN: 127\.0\.0\.1:\d+ is taken by another program; choose another port \(PORT_TAKEN\)/,
    ],
    [
      'a port of the endpoints that is taken',
      (taken) => ({ CONNECT_LISTEN: '0', CONNECT_ADMIN_PORT: String(taken) }),
      /CONNECT_ADMIN_PORT: 127\.0\.0\.1:\d+ is taken by another program/,
    ],
    [
      'an address that this machine has not',
      () => ({ CONNECT_LISTEN: '192.0.2.1:8788', CONNECT_ADMIN_PORT: '0' }),
      /CONNECT_LISTEN: 192\.0\.2\.1 is no address of this machine/,
    ],
    [
      'a token that nobody gave',
      () => ({ WECHATY_PUPPET_SERVICE_TOKEN: '' }),
      /CONNECT_LISTEN: has no token; set/,
    ],
  ])('for %s ends with exit code 78 and one sentence', async (_what, env, words) => {
    const { port } = await startEcho('somebody')
    const { code, text } = await outcome({ WECHATY_PUPPET_SERVICE_TOKEN: ONE, ...NOWHERE, ...env(port) })
    expect([code, text]).toEqual([78, expect.stringMatching(words)])
    expect(text).not.toContain('recognisable')
  })
})

describe('a token that is given to the command', () => {
  it('as an argument is taken, with a warning that every user sees it', async () => {
    const command = startCommand(['connect', ONE], {
      env: { CONNECT_LISTEN: '0', CONNECT_ADMIN_PORT: '0', ...NOWHERE },
    })
    await command.line(/every user of this machine sees a token in the process list/)
    await command.line(/"msg":"listening/)
    command.kill('SIGTERM')
    expect((await command.exit).code).toBe(0)
    expect(command.output()).not.toContain('recognisable')
  })

  it('on standard input is taken without one', async () => {
    const file = join(makeTempDir(), 'token')
    writeFileSync(file, `${ONE}\n`)
    const command = startProgram(
      'bash',
      ['-c', 'exec "$0" dist/main.js connect - <"$1"', process.execPath, file],
      { CONNECT_LISTEN: '0', CONNECT_ADMIN_PORT: '0', ...NOWHERE },
    )
    const line = await command.line(/"msg":"listening/)
    expect(line).toContain(publicName(ONE))
    command.kill('SIGTERM')
    expect((await command.exit).code).toBe(0)
    expect(command.output('stderr')).toBe('')
  })
})
