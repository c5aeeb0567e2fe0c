import { once } from 'node:events'
import { connect } from 'node:http2'
import { formatCount, median, ms, quantile } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { inTurn, startGrpcServer, startWays } from './peers.mjs'

const WARM_UP = 1000
const WANTED_MS = 0.15
/** A message of no bytes, length-prefixed as gRPC wants it. */
const EMPTY = Buffer.alloc(5)
const HEADERS = {
  ':method': 'POST',
  ':path': '/grpc.health.v1.Health/Check',
  'content-type': 'application/grpc',
  te: 'trailers',
}

/** A unary call on a connection that is open, `calls` times in turn with the other ways. */
export function measureLatency(calls) {
  return withProcesses(async (keep) => {
    const server = keep(await startGrpcServer())
    const { ports } = await startWays(keep, server.port)
    const sessions = {}
    for (const [name, port] of Object.entries(ports)) {
      const session = connect(`http://127.0.0.1:${port}`)
      sessions[name] = session
      keep({ end: () => session.destroy() })
    }
    const measure = (name) => call(sessions[name])
    await inTurn(Object.keys(ports), WARM_UP, measure)
    const took = await inTurn(Object.keys(ports), calls, measure)
    // What was measured in one turn had the same neighbours.
    const more = median(took.connect.map((each, turn) => each - took.direct[turn]))
    const both = (name) => `${ms(quantile(took[name], 0.5))} / ${ms(quantile(took[name], 0.99))}`
    return [
      {
        measure: `gRPC call, p50 / p99 of ${formatCount(calls)}: through connect, and straight`,
        value: both('connect'),
        beside: both('direct'),
        ratio: median(took.connect) / median(took.direct),
      },
      {
        measure: 'the same through a bare relay',
        value: both('connect'),
        beside: both('relay'),
        ratio: median(took.connect) / median(took.relay),
      },
      {
        measure: 'a call more through connect than straight: median of the differences',
        value: ms(more),
        beside: `bare relay: ${ms(median(took.relay.map((each, turn) => each - took.direct[turn])))}`,
        wanted: `at most ${WANTED_MS} ms`,
        held: more <= WANTED_MS,
        // On a machine that is busy, as a ratio: a call is carried over three connections in place of one.
        bounds: [
          {
            what: 'a call through connect, beside a bare relay',
            value: median(took.connect) / median(took.relay),
            most: 1.5,
          },
        ],
      },
    ]
  })
}

async function call(session) {
  const began = performance.now()
  const stream = session.request(HEADERS)
  stream.resume().end(EMPTY)
  const [trailers] = await once(stream, 'trailers')
  const tookMs = performance.now() - began
  if (trailers['grpc-status'] !== '0') throw new Error(`gRPC status ${trailers['grpc-status']}`)
  return tookMs
}
