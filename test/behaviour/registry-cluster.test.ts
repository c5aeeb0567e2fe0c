import { afterEach, describe, expect, it } from 'vitest'
import { type ClusterService, startClusterServices } from '../support/cluster-services.ts'
import { found } from '../support/registry-peers.ts'
import { startService } from '../support/registry-service-harness.ts'
import { waitUntil } from '../support/wait.ts'

let services: readonly ClusterService[] = []
afterEach(async () => {
  for (const service of services) await service.end()
  services = []
})

/** Two registries that hear each other. */
async function startTwo(): Promise<readonly [ClusterService, ClusterService]> {
  services = await startClusterServices(2)
  const [a, b] = services
  if (a === undefined || b === undefined) throw new Error('two registries')
  await a.clock.advance(15_000)
  return [a, b]
}

interface Status {
  readonly cluster: Readonly<Record<string, unknown>> & { readonly members: readonly unknown[] }
  readonly problems: readonly Readonly<Record<string, unknown>>[]
}

const statusOf = async (service: ClusterService): Promise<Status> =>
  JSON.parse(JSON.stringify(await service.status()))

describe('/status of a registry in a cluster', () => {
  it('says which others there are, and for which tokens clients are sent here', async () => {
    const [a, b] = await startTwo()
    await a.peers.register({ token: 'insecure_1' })
    await a.peers.register({ token: 'insecure_2' })
    await a.clock.advance(1000)
    await b.peers.register({ token: 'insecure_2' })
    await a.clock.advance(2000)
    const [ofA, ofB] = [await statusOf(a), await statusOf(b)]
    // The second registrant is at the other one.
    expect(ofA.problems).toMatchObject([{ code: 'TOKEN_SHARED', tokens: { count: 1 } }])
    expect(ofB.problems).toMatchObject([{ code: 'TOKEN_SHARED', tokens: { count: 1 } }])
    expect(ofA.cluster).toEqual({
      name: 'test',
      node: expect.stringMatching(/^[0-9a-f]{16}$/),
      connected: true,
      server: 'server-0',
      degraded: false,
      since: expect.stringMatching(/^2026-01-01T00:00:0/),
      reason: '',
      members: [{ node: ofB.cluster.node, name: 'host-1', state: 'alive', since: expect.any(String) }],
      claims: 1,
      fallbacks: 1,
    })
    expect(ofB.cluster).toMatchObject({ claims: 1, fallbacks: 0, members: [{ name: 'host-0' }] })
  })

  it('says since when another one is missing, and what to do', async () => {
    const [a, b] = await startTwo()
    b.engine.disconnect()
    await a.clock.advance(5000)
    const { cluster, problems } = await statusOf(a)
    expect(cluster).toMatchObject({
      degraded: false,
      members: [{ name: 'host-1', state: 'missing', since: expect.stringMatching(/T00:00:1[78]/) }],
    })
    expect(problems).toEqual([
      {
        code: 'CLUSTER_MEMBER_MISSING',
        message: expect.stringMatching(/ host-1 \([0-9a-f]{16}\)$/),
        // A new start is another node.
        remedy: expect.stringMatching(/3 min have passed, also when it was started again/),
        since: expect.stringMatching(/T00:00:1[78]/),
        tokens: { count: 0, ids: [] },
      },
    ])
    b.engine.connect()
    await a.clock.advance(2000)
    expect((await statusOf(a)).problems).toEqual([])
  })

  it('says why it is cut off, and since when', async () => {
    const [a, b] = await startTwo()
    b.engine.disconnect()
    await a.clock.advance(5000)
    const { cluster, problems } = await statusOf(b)
    expect(cluster).toMatchObject({
      connected: false,
      server: null,
      degraded: true,
      since: '2026-01-01T00:00:15.000Z',
      reason: 'no connection to NATS: the test says so',
    })
    expect(problems).toMatchObject([{ code: 'CLUSTER_CUT_OFF', since: '2026-01-01T00:00:15.000Z' }])
  })
})

describe('/readyz of a registry in a cluster', () => {
  it('is 200 while NATS is away, and says so where it is asked for all', async () => {
    const [a, b] = await startTwo()
    expect(await a.admin('/readyz?verbose')).toMatchObject({
      status: 200,
      body: '[+] listening: 1 ports\n[+] cluster: 1 other registry\n[+] ready\n',
    })
    b.engine.disconnect()
    await a.clock.advance(5000)
    expect((await a.admin('/readyz?verbose')).body).toContain('[+] cluster: 0 of 1 other registry heard\n')
    expect(await b.admin('/readyz')).toMatchObject({ status: 200, body: 'ready\n' })
    expect(await b.admin('/readyz?verbose')).toMatchObject({
      status: 200,
      body: '[+] listening: 1 ports\n[-] cluster: cut off: no connection to NATS: the test says so\n[+] ready\n',
    })
  })

  it('is 200 before the cluster was ever joined', async () => {
    services = await startClusterServices(1)
    const [a] = services
    expect(await a?.admin('/readyz?verbose')).toMatchObject({
      status: 200,
      body: '[+] listening: 1 ports\n[-] cluster: cut off: it does not hear itself through server-0\n[+] ready\n',
    })
  })
})

it('/metrics of a registry in a cluster count what it asks the others', async () => {
  const [a, b] = await startTwo()
  await a.peers.register({ token: 'insecure_1', answers: 1234 })
  await a.clock.advance(10)
  const asked = [b.peers.ask('insecure_1'), b.peers.ask('insecure_none')]
  await a.pass(3)
  await Promise.all(asked)
  b.engine.disconnect()
  b.engine.connect()
  await a.clock.advance(2000)
  const { body } = await b.admin('/metrics')
  const lines = body.split('\n').filter((line) => line.startsWith('puppet_registry_cluster_'))
  expect(lines).toEqual(
    expect.arrayContaining([
      'puppet_registry_cluster_members{state="alive"} 1',
      'puppet_registry_cluster_degraded 0',
      'puppet_registry_cluster_requests_total{result="found"} 1',
      'puppet_registry_cluster_requests_total{result="nobody"} 1',
      'puppet_registry_cluster_request_duration_seconds_count 2',
      // Where the holder would be.
      'puppet_registry_cluster_no_responders_total 1',
      'puppet_registry_cluster_reconnects_total 1',
    ]),
  )
})

it('the end of a registry in a cluster waits for answers that come from others', async () => {
  const [a, b] = await startTwo()
  const registrant = await b.peers.register({ token: 'insecure_1' })
  await a.clock.advance(10)
  const { answer } = await a.peers.asked('insecure_1')
  await a.clock.advance(10)
  await waitUntil(() => registrant.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
  const ended = a.service.drain()
  await a.clock.advance(10)
  await expect(a.peers.get('/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  registrant.answer(1234)
  // What was sent before this has been read when it is answered.
  await b.peers.get('/')
  await a.clock.advance(10)
  expect(await answer).toEqual(found('127.0.0.1', 1234))
  await ended
})

it('a registry that is alone says nothing of a cluster', async () => {
  const alone = await startService()
  expect(await alone.status()).not.toHaveProperty('cluster')
  expect((await alone.admin('/readyz?verbose')).body).not.toContain('cluster')
  expect((await alone.admin('/metrics')).body).not.toContain('cluster')
  await alone.end()
})
