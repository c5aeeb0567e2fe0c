import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { ms, quantile } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { sleep, within } from '../../time.mjs'
import { startConnect, startPlainRegistry } from './peers.mjs'

const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
const WANTED_MS = 500
const LONGEST_MS = 10_000
/** The answer that leads to the old place is so old at most. */
const AGE_MS = 1500

/** A puppet moves to another host and port, `moves` times: how long the next bot takes to reach it, beside one that knows the new place. */
export function measureMoves(moves) {
  return withProcesses(async (keep) => {
    const registry = keep(await startPlainRegistry())
    const through = keep(await startConnect(registry.port, { CONNECT_UPSTREAM_TLS: 'off' }))
    const took = { connect: [], direct: [] }
    let old
    for (let move = 0; move < moves; move += 1) {
      const next = await startPuppet(HOSTS[move % HOSTS.length])
      old?.close()
      registry.place = next.place
      took.connect.push(await reach({ host: '127.0.0.1', port: through.port }))
      took.direct.push(await reach(next.place))
      old = next
      await sleep(Math.random() * AGE_MS)
    }
    old.close()
    const p99 = quantile(took.connect, 0.99)
    const both = (list) => `${ms(quantile(list, 0.5))} / ${ms(quantile(list, 0.99))}`
    return [
      {
        measure: `a puppet has moved to another host and port: until the next bot has its answer, p50 / p99 of ${moves}`,
        value: both(took.connect),
        beside: `who knows the place: ${both(took.direct)}`,
        wanted: `p99 at most ${WANTED_MS} ms`,
        held: p99 <= WANTED_MS,
        bounds: [{ what: 'seconds until a moved puppet is reached', value: p99 / 1000, most: 2 }],
      },
    ]
  })
}

/** A puppet that answers whatever is said. */
async function startPuppet(host) {
  const server = createServer((socket) => socket.on('error', () => {}).on('data', () => socket.end('here')))
  server.listen(0, host)
  await once(server, 'listening')
  return { place: { host, port: server.address().port }, close: () => server.close() }
}

async function reach({ host, port }) {
  const began = performance.now()
  const socket = connect(port, host)
  socket.write('hello')
  await within(LONGEST_MS, 'an answer', once(socket, 'data'))
  socket.destroy()
  return performance.now() - began
}
