import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { type Command, type Exit, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { found, type Registrant } from '../support/registry-peers.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { elapsed, waitUntil, withDeadline } from '../support/wait.ts'

afterAll(stopAllPeers)

const tokens = (count: number): string[] => Array.from({ length: count }, (_, index) => `insecure_${index}`)

/** The end of a registry that waits for nobody. */
const endOf = (command: Command): Promise<Exit> =>
  withDeadline(command.exit, 8000, () => 'the end of the registry')

describe('SIGTERM', () => {
  it('sends registrants away in small groups over REGISTRY_DRAIN; those left are discoverable; exit 0', async () => {
    const { command, peers, admin } = await startRegistryProcess({ REGISTRY_DRAIN: '5s' })
    const registrants: Registrant[] = []
    for (const token of tokens(60)) registrants.push(await peers.register({ token, answers: 8788 }))
    const since = elapsed()
    const goneMs: number[] = []
    for (const { closed } of registrants) void closed.then(() => goneMs.push(since()))
    command.kill('SIGTERM')
    await waitUntil(() => goneMs.length >= 6, { timeoutMs: 15_000, what: 'the first groups' })

    expect((await admin('/readyz')).status).toBe(503)
    expect((await admin('/livez')).status).toBe(200)
    const refused = await peers.refused({ token: 'insecure_late' })
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, undefined])
    expect(await peers.ask('insecure_59')).toEqual(found('127.0.0.1', 8788))
    expect((await peers.ask('insecure_0')).status).toBe(503)
    expect(goneMs.length).toBeLessThan(60)

    expect(await command.exit).toEqual({ code: 0, signal: null })
    const codes = await Promise.all(registrants.map(async ({ closed }) => (await closed).code))
    expect(new Set(codes)).toEqual(new Set([1001]))
    // Fifty groups of one or two: half of them are gone after half of the time, and no wave of them comes at once.
    const [half = 0, all = 0] = [goneMs[29], goneMs[59]]
    expect(half).toBeGreaterThan(1700)
    expect(half).toBeLessThan(all - 800)
    expect(all).toBeGreaterThan(4200)
    const words = command.lines().map((line) => JSON.parse(line).msg)
    expect(words).toContain('draining: sending every registrant away')
    expect(words.at(-1)).toBe('registry ended')
  })

  it('a second one within a second is the same one; a later one ends it at once: 143', async () => {
    const { command, peers } = await startRegistryProcess({ REGISTRY_DRAIN: '1h' })
    for (const token of tokens(3)) await peers.register({ token, answers: 8788 })
    command.kill('SIGTERM')
    await command.line(/draining/)
    command.kill('SIGTERM')
    await delay(1100)
    expect(await peers.ask('insecure_2')).toEqual(found('127.0.0.1', 8788))
    command.kill('SIGTERM')
    expect(await endOf(command)).toEqual({ code: 143, signal: null })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'without registrants it ends at once, by %s too',
    async (signal) => {
      const { command, peers } = await startRegistryProcess()
      const silent = await peers.raw()
      command.kill(signal)
      expect(await endOf(command)).toEqual({ code: 0, signal: null })
      await silent.ended
    },
  )

  it('does not wait for a registrant that is frozen', async () => {
    const { command, peers } = await startRegistryProcess({ REGISTRY_DRAIN: '100ms' })
    await peers.rawRegistrant()
    command.kill('SIGTERM')
    expect(await endOf(command)).toEqual({ code: 0, signal: null })
  })
})

describe('SIGHUP', () => {
  it('without a file to read again is nobody’s end', async () => {
    const { command, peers } = await startRegistryProcess()
    const { socket } = await peers.register({ answers: 1 })
    command.kill('SIGHUP')
    command.kill('SIGHUP')
    expect(await peers.ask()).toEqual(found('127.0.0.1', 1))
    expect(socket.readyState).toBe(socket.OPEN)
  })
})

describe('the endpoints', () => {
  it('answer on a port of their own', async () => {
    const { admin, peers } = await startRegistryProcess()
    await peers.register({ answers: 1 })
    expect(await admin('/livez')).toMatchObject({ status: 200, body: 'alive\n' })
    expect((await admin('/readyz?verbose')).body).toContain('[+] ready')
    expect((await admin('/metrics')).body).toContain('\npuppet_registry_registrants 1\n')
    expect((await admin('/metrics')).body).toMatch(
      /^puppet_registry_build_info\{version="\d+\.\d+\.\d+"} 1$/m,
    )
    const { body } = await admin('/status')
    expect(JSON.parse(body)).toMatchObject({ registrants: { total: 1 }, reachability: 'report' })
    expect((await admin('/nothing')).status).toBe(404)
    expect((await admin('/status', { method: 'POST' })).status).toBe(405)
    expect((await peers.get('/livez')).status).toBe(404)
  })

  it('can be turned off', async () => {
    const { adminPort, admin, peers } = await startRegistryProcess({ REGISTRY_ADMIN_PORT: '0' })
    expect((await peers.ask()).status).toBe(404)
    await expect(admin('/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED', port: adminPort })
  })
})

describe('reachability', () => {
  it('by default tells of a closed port, in networks that are allowed: the registrant, /status and the log', async () => {
    const env = { REGISTRY_REACHABILITY_NETWORKS: '127.0.0.0/8' }
    const { command, peers, until } = await startRegistryProcess(env)
    const port = await freePort()
    const registrant = await peers.register({ answers: port })
    const words = `PORT_CLOSED: 127.0.0.1:${port} cannot be opened from the registry: nothing listens there`
    await waitUntil(() => registrant.advice().includes(words), { timeoutMs: 20_000, what: 'the advice' })
    const { tokens } = await until('it', (status) => status.tokens[0]?.registrants[0]?.reachable === false)
    expect(tokens[0]?.id).toBe(publicName('insecure_registry'))
    await command.line(new RegExp(`"level":"warn".*127.0.0.1:${port} cannot be opened from here`))
    expect(await peers.ask()).toEqual(found('127.0.0.1', port))
  })

  it('masks where it is told to, and believes the proxies that it is told to believe', async () => {
    const { peers, until } = await startRegistryProcess({
      REGISTRY_REACHABILITY: 'mask',
      REGISTRY_REACHABILITY_NETWORKS: '127.0.0.0/8',
      REGISTRY_TRUST_PROXY: '127.0.0.1, 10.0.0.0/8',
    })
    const port = await freePort()
    await peers.register({ answers: port, from: '127.0.0.9' })
    await peers.register({
      token: 'insecure_proxied',
      answers: 8788,
      headers: {
        authorization: 'Token insecure_proxied',
        'x-forwarded-for': '127.0.0.1, 127.0.0.8, 10.0.0.1',
      },
    })
    await until('the mask', ({ tokens }) =>
      tokens.some(({ registrants }) => registrants[0]?.reachable === false),
    )
    expect(await peers.ask()).toEqual({ status: 200, body: { host: '127.0.0.1', ip: '127.0.0.9', port } })
    const { body } = await withDeadline(peers.ask('insecure_proxied'), 15_000, () => 'the other')
    expect(body).toMatchObject({ ip: '127.0.0.8' })
  })
})
