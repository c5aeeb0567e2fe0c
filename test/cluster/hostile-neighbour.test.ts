import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { hold } from './support/bounds.ts'
import { Cluster } from './support/cluster.ts'
import { onEachServer } from './support/on-each-server.ts'

const [HELD, NOBODY] = ['insecure_held', 'insecure_nobody'] as const
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
const PREFIX = 'puppet-registry'
const STRANGE = [
  '',
  'no JSON',
  'null',
  '[]',
  '{}',
  '{"kind":"claim"}',
  '{"kind":"alive","node":"../../etc/passwd","name":"x","time":1}',
  `{"kind":"claim","node":"${'0'.repeat(16)}","number":1e300,"isFresh":true,"isAgain":false,"link":""}`,
  `{"kind":"answer","number":-1,"result":"found","host":"","port":0}`,
  '['.repeat(30_000),
  randomBytes(60_000).toString('latin1'),
  'x'.repeat(900_000),
]

/** Anybody who may listen there learns who is there. */
async function aNodeOf(connection: NatsConnection): Promise<string> {
  for await (const message of connection.subscribe(`${PREFIX}.alive`, { max: 1, timeout: 5000 }))
    return message.json<{ node: string }>().node
  throw new Error('no node says that it lives')
}

onEachServer('somebody else who publishes on the subjects of a cluster', (program) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = await Cluster.open({ program, servers: 1, nodes: 2 })
  })
  afterEach(() => cluster.close())

  it('what is no message is ignored and counted, and every answer stays right', async () => {
    await cluster.watched(await cluster.registrant(HELD, cluster.node(0).url))
    const neighbour = await connect({ servers: cluster.server(0).url })
    const node = await aNodeOf(neighbour)
    const subjects = [
      `${PREFIX}.alive`,
      `${PREFIX}.node.${node}`,
      `${PREFIX}.reply.${node}.1`,
      `${PREFIX}.reply.${node}.x`,
      ...['ask', 'fallback'].flatMap((side) =>
        [HELD, NOBODY].map((token) => `${PREFIX}.${side}.${hashOf(token)}`),
      ),
    ]
    for (let round = 0; round < 20; round += 1) {
      for (const subject of subjects)
        for (const text of STRANGE) neighbour.publish(subject, text, { reply: `${PREFIX}.alive` })
      await neighbour.flush()
      await delay(50)
    }
    await neighbour.close()
    await cluster.watch.untilRight(HELD)
    await cluster.untilWhole()
    for (const node of cluster.nodes)
      expect(await node.metric('cluster_ignored_messages_total')).toBeGreaterThan(200)
    hold('a hostile neighbour', await cluster.watch.end(), { [HELD]: { unavailableS: 0.5 } })
  })
  it('the greatest numbers silence no node, and no node believes what it has yet to say', async () => {
    await cluster.watched(await cluster.registrant(HELD, cluster.node(0).url))
    const neighbour = await connect({ servers: cluster.server(0).url })
    const node = await aNodeOf(neighbour)
    const greatest = 2 ** 50
    const heartbeat = {
      kind: 'alive',
      name: 'x',
      time: greatest,
      origin: '0'.repeat(16),
      upMs: greatest,
      beat: greatest,
      missing: [],
    }
    for (const member of [node, 'f'.repeat(16)])
      neighbour.publish(`${PREFIX}.alive`, JSON.stringify({ ...heartbeat, node: member, sentMs: greatest }))
    await neighbour.flush()
    await neighbour.close()
    // By then a node that is understood by nobody, itself included, is cut off.
    await delay(4000)
    for (const node of cluster.nodes) expect((await node.status()).cluster?.degraded).toBe(false)
    await cluster.server(0).freeze()
    for (const node of cluster.nodes)
      await node.until(
        'it notices that the server stands still',
        ({ cluster }) => cluster?.degraded === true,
        6000,
      )
    cluster.server(0).thaw()
    for (const node of cluster.nodes)
      await node.until('it is back', ({ cluster }) => cluster?.degraded === false, 20_000)
    await cluster.watch.untilRight(HELD)
    hold('the greatest numbers', await cluster.watch.end(), { [HELD]: { unavailableS: 15 } })
  })
})
