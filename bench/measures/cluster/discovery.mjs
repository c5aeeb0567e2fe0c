import { withProcesses } from '../../process.mjs'
import { sleep } from '../../time.mjs'
import { RegistryWithRegistrants } from '../registry/registry-with-registrants.mjs'
import { startRegistryOf } from '../registry/servers.mjs'
import { Slices, startDiscoveryLoad } from '../registry/slices.mjs'
import { Cluster } from './cluster.mjs'
import { latencyRow, rateRow } from './discovery-rows.mjs'

/** A registry keeps an answer for a second; after that it asks the registrant again. */
const STALE_AFTER_MS = 1100
const KEPT = 100
const UNKNOWN = Array.from({ length: 1000 }, (_, index) => `insecure_unknown-${index}`)

/**
 * How long a discovery takes at a node that does not hold the token, beside one at the node that does; a miss beside one at a registry on
 * its own; and what three nodes answer together for the processor time that they use, beside a registry on its own. `count`: registrants
 * in all; `rounds`: pairs of each kind; `warmUpRounds`: more of them, before, that do not count: code is compiled as it is used, and each of
 * three processes uses it a third as often; `withUnbounded`: also what has no wanted number.
 */
export function measureDiscovery({ count, rounds, warmUpRounds, sliceMs, turn, withUnbounded }) {
  return withProcesses(async (keep) => {
    const load = keep(await startDiscoveryLoad())
    // Each node has a server of its own: what goes from node to node passes two.
    const cluster = keep(await Cluster.start({ servers: 3 }))
    const three = keep(await RegistryWithRegistrants.at('cluster', cluster))
    const alone = keep(await RegistryWithRegistrants.at('alone', await startRegistryOf('ours')))
    await Promise.all([cluster.settled(), three.register(count).then(() => alone.register(count))])
    const [holder, other] = cluster.nodes
    const pairsOf = async (first, second, request) => {
      const found = await pairs({ load, first, second, rounds, warmUpRounds }, request)
      console.error(`discovery: ${request.order}, ${request.tokens?.length ?? 'all'} tokens`)
      return found
    }
    const at = (server, { registrantPort }, more = {}) => ({
      server,
      right: `"port":${registrantPort}`,
      ...more,
    })
    const nobody = (server) => ({ server, right: '', status: 404 })
    const held = three.tokensAt(0)
    const rates = async (order, some) =>
      pairsOf(
        at(cluster, three, { tokens: three.tokens.slice(0, some), connections: 48 }),
        at(alone.registry, alone, { tokens: alone.tokens.slice(0, some), connections: 16 }),
        { order, ms: sliceMs },
      )
    const latencies = (request) => pairsOf(at(other, three), at(holder, three), { ...request, ...oneAtATime })
    // One after another, so that nothing waits for anything else.
    const oneAtATime = { connections: 1, ms: sliceMs / 2 }
    const misses = { tokens: UNKNOWN, order: 'random', ...oneAtATime }
    return turn(async () => {
      const rows = [
        latencyRow('each token once', await latencies({ tokens: held, order: 'once' })),
        latencyRow(
          'a token whose answer is kept',
          await latencies({ tokens: held.slice(0, 1), order: 'random' }),
        ),
        latencyRow('nobody has it (404)', await pairsOf(nobody(other), nobody(alone.registry), misses), true),
        rateRow('each token once', await rates('once', count), true),
      ]
      if (withUnbounded)
        rows.push(
          rateRow(`any of ${KEPT} tokens, whose answers are kept`, await rates('random', KEPT), false),
        )
      return rows
    })
  })
}

/** Slices of both in turn, so that other work on the machine affects both. */
async function pairs({ load, first, second, rounds, warmUpRounds }, request) {
  const found = []
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const slices = [new Slices(), new Slices()]
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const { server, ...more } = [first, second][index]
      if (request.order === 'once') await sleep(STALE_AFTER_MS)
      await slices[index].add(load, server, { ...request, ...more })
    }
    if (round >= 0) found.push(slices)
  }
  return found
}
