import { afterEach, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { AllowList } from '../../src/registry/allow-list.ts'
import { freePort } from '../support/free-port.ts'
import { networksOf } from '../support/networks.ts'
import { rawPeer } from '../support/raw-peer.ts'
import { found, TOKEN } from '../support/registry-peers.ts'
import { type ServiceHarness, startService } from '../support/registry-service-harness.ts'
import { waitUntil } from '../support/wait.ts'

const EMPTY = {
  code: 'FILE_UNFINISHED',
  variable: 'REGISTRY_TOKENS_FILE',
  message: 'the file is empty',
} as const

let harness: ServiceHarness
afterEach(() => harness.end())

const metric = async (name: string): Promise<number> => {
  const { body } = await harness.admin('/metrics')
  const line = body.split('\n').find((text) => text.startsWith(`puppet_registry_${name} `))
  return Number(line?.split(' ').at(-1))
}

describe('the endpoints', () => {
  it('/livez and /readyz answer, in words where asked for', async () => {
    harness = await startService()
    expect(await harness.admin('/livez')).toMatchObject({ status: 200, body: 'alive\n' })
    expect(await harness.admin('/readyz')).toMatchObject({ status: 200, body: 'ready\n' })
    const verbose = await harness.admin('/readyz?verbose')
    expect(verbose).toMatchObject({ status: 200, body: '[+] listening: 1 ports\n[+] ready\n' })
  })

  it('/readyz is 503 while registrants are sent away, /livez and /status go on', async () => {
    harness = await startService({ drainMs: 5000 })
    for (const token of ['insecure_1', 'insecure_2', 'insecure_3']) await harness.peers.register({ token })
    const drained = harness.service.drain()
    expect(await harness.admin('/readyz')).toMatchObject({ status: 503, body: 'draining\n' })
    const verbose = await harness.admin('/readyz?verbose')
    expect(verbose).toMatchObject({ status: 503, body: '[+] listening: 1 ports\n[-] draining\n' })
    expect((await harness.admin('/livez')).status).toBe(200)
    expect(await harness.status()).toMatchObject({ draining: true, registrants: { total: 2 } })
    await harness.clock.advance(5000)
    await drained
    await expect(harness.admin('/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it.each(['/page.html', '/livezz', '/status/', '/v0/hosties/x', `/${TOKEN}`])('%s is 404', async (path) => {
    harness = await startService()
    const answer = await harness.admin(path)
    expect(answer.status).toBe(404)
    expect(answer.body).not.toContain(TOKEN)
  })

  it.each(['/livez', '/readyz', '/status', '/metrics'])('%s knows GET and HEAD only', async (path) => {
    harness = await startService()
    expect((await harness.admin(path, { method: 'POST' })).status).toBe(405)
    expect(await harness.admin(path, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
  })

  it('do not hold up the end of the registry with requests that are half sent', async () => {
    const port = await freePort()
    harness = await startService({ admin: { host: '127.0.0.1', port, allowedHosts: [] } })
    const slow = await rawPeer({ host: '127.0.0.1', port })
    slow.socket.write('GET /livez HTTP/1.1\r\n')
    await harness.admin('/livez')
    let hasEnded = false
    void harness.service.drain().then(() => {
      hasEnded = true
    })
    await waitUntil(
      async () => {
        await harness.clock.advance(100)
        return hasEnded
      },
      { timeoutMs: 2000, what: 'the end' },
    )
    await slow.ended
    slow.socket.destroy()
  })

  it('are not on the port of registrants, and can be left out', async () => {
    harness = await startService({ admin: { host: '127.0.0.1', port: 0, allowedHosts: [] } })
    for (const path of ['/livez', '/status', '/metrics']) {
      expect((await harness.peers.get(path)).status).toBe(404)
    }
  })
})

describe('/status', () => {
  it('lists registrants by public names, the newest first, and never a token', async () => {
    harness = await startService({ reachability: 'report', reachabilityNetworks: networksOf('127.0.0.0/8') })
    await harness.clock.advance(10_000)
    await harness.peers.register({ answers: 1111, from: '127.0.0.2' })
    await harness.clock.advance(1500)
    await harness.peers.register({ from: '127.0.0.3', subprotocol: 'io|0.0.1|id|puppet.example.com|4000' })
    await harness.clock.advance(1000)
    const { body, headers } = await harness.admin('/status')
    expect(headers['content-type']).toBe('application/json')
    expect(body).not.toContain(TOKEN)
    expect(JSON.parse(body)).toMatchObject({
      version: '1.2.3',
      uptimeSeconds: 12,
      draining: false,
      listening: [{ address: '127.0.0.1', port: harness.peers.port, tls: false }],
      registrants: { total: 2, tokens: 1, unhappyTokens: 0, sharedTokens: 1 },
      reachability: 'report',
      list: null,
      certificate: null,
    })
    const quiet = { reachable: null, code: null, problem: '' }
    expect(JSON.parse(body).tokens).toEqual([
      {
        id: publicName(TOKEN),
        sharedSince: '2026-01-01T00:00:11.500Z',
        registrants: [
          {
            since: '2026-01-01T00:00:11.500Z',
            address: '127.0.0.3',
            host: 'puppet.example.com',
            port: 4000,
            ...quiet,
          },
          {
            since: '2026-01-01T00:00:10.000Z',
            address: '127.0.0.2',
            host: '127.0.0.2',
            port: 4000,
            ...quiet,
          },
        ],
      },
    ])
  })

  it('shows the port that a registrant said', async () => {
    harness = await startService()
    await harness.peers.register({ answers: 8788 })
    await harness.peers.ask()
    expect(await harness.status()).toMatchObject({ tokens: [{ registrants: [{ port: 8788 }] }] })
  })

  it('shows what cannot be opened, and tokens in trouble before the others', async () => {
    harness = await startService({ reachability: 'report', reachabilityNetworks: networksOf('127.0.0.0/8') })
    await harness.peers.register({ token: 'insecure_happy', subprotocol: 'io|0.0.1|id|127.0.0.1|' })
    await harness.peers.register({ answers: await freePort() })
    await harness.peers.register({ token: 'insecure_odd', subprotocol: 'IO' })
    await harness.pass(3)
    const closed = (): boolean => harness.service.server.reachability?.closedEndpoints === 1
    await waitUntil(closed, { timeoutMs: 15_000, what: 'the check' })
    expect(await harness.status()).toMatchObject({
      problems: [
        { code: 'UNPUBLISHED_SUBPROTOCOL', tokens: { count: 1, ids: [publicName('insecure_odd')] } },
        { code: 'PORT_CLOSED', tokens: { count: 1, ids: [publicName(TOKEN)] } },
      ],
      registrants: { total: 3, tokens: 3, unhappyTokens: 2, sharedTokens: 0 },
      tokens: [
        {
          id: publicName('insecure_odd'),
          registrants: [{ host: null, problem: 'not to be found: the subprotocol does not begin with io|' }],
        },
        {
          id: publicName(TOKEN),
          registrants: [
            { reachable: false, code: 'PORT_CLOSED', problem: 'its port cannot be opened from here' },
          ],
        },
        { id: publicName('insecure_happy'), registrants: [{ problem: '' }] },
      ],
    })
    expect(await metric('unreachable_ports')).toBe(1)
  })

  it('shows a hundred tokens at a time', async () => {
    harness = await startService()
    const tokens = Array.from({ length: 103 }, (_, index) => `insecure_${index}`)
    await Promise.all(tokens.map((token) => harness.peers.register({ token })))
    const page = async (query: string): Promise<{ id: string }[]> =>
      JSON.parse((await harness.admin(`/status${query}`)).body).tokens
    const [first, second] = [await page(''), await page('?offset=100')]
    expect([first.length, second.length]).toEqual([100, 3])
    expect(new Set([...first, ...second].map(({ id }) => id))).toEqual(new Set(tokens.map(publicName)))
    for (const query of ['?offset=-1', '?offset=x', '?offset=0.9', '?offset=']) {
      expect(await page(query)).toEqual(first)
    }
    expect(await page('?offset=1e9')).toEqual([])
  })

  it('shows the list, and why the last good one stays in use', async () => {
    harness = await startService({
      list: new AllowList([TOKEN]),
      listTrouble: () => ({ problems: [EMPTY], since: new Date('2026-01-01T00:00:00Z') }),
    })
    expect(await harness.status()).toMatchObject({
      list: { tokens: 1, problems: ['the file is empty'] },
      problems: [{ code: 'FILE_UNFINISHED', since: '2026-01-01T00:00:00.000Z' }],
    })
  })
})

describe('/metrics', () => {
  it('counts registrants that came, left and were refused, and answers', async () => {
    harness = await startService()
    const { socket } = await harness.peers.register({ answers: 8788 })
    await harness.peers.register({ token: 'insecure_other', subprotocol: 'io|0.0.1|id||', answers: 'x' })
    await harness.peers.refused({ headers: {} })
    for (const token of [TOKEN, TOKEN, 'insecure_nobody', 'insecure_other']) await harness.peers.ask(token)
    expect(await metric('registrants')).toBe(2)
    expect(await metric('tokens')).toBe(2)
    socket.terminate()
    await waitUntil(() => harness.service.server.table.size === 1, { timeoutMs: 15_000, what: 'its end' })
    const waiting = harness.peers.ask()
    await harness.peers.register({ answers: 8789 })
    expect(await waiting).toEqual(found('127.0.0.1', 8789))
    const seen = {
      registrants: await metric('registrants'),
      came: await metric('registrations_total'),
      left: await metric('disconnects_total{cause="lost"}'),
      flood: await metric('disconnects_total{cause="flood"}'),
      refused: await metric('refusals_total{reason="token"}'),
      found: await metric('discoveries_total{result="found"}'),
      nobody: await metric('discoveries_total{result="not_registered"}'),
      waited: await metric('discovery_waits_total{result="found"}'),
      unusable: await metric('discoveries_total{result="unusable"}'),
      answered: await metric('questions_total{result="answered"}'),
      invalid: await metric('questions_total{result="invalid"}'),
      timed: await metric('discovery_duration_seconds_count'),
      questions: await metric('question_duration_seconds_count'),
    }
    expect(seen).toEqual({
      registrants: 2,
      came: 3,
      left: 1,
      flood: 0,
      refused: 1,
      found: 3,
      nobody: 1,
      waited: 1,
      unusable: 1,
      answered: 2,
      invalid: 1,
      timed: 5,
      questions: 3,
    })
    expect((await harness.admin('/metrics')).body).not.toContain('insecure_')
  })
})
