import { type FaultRow, type Outcome, UNNOTICED } from '../support/fault-table.ts'
import { type Expectation, type SdkRow, WORKS } from '../support/matrix.ts'

const speaksNoTls: Expectation = {
  fails: /^failed PuppetService Start\(\) rejection: .*connection closed before server preface received/,
  words: 'it speaks no TLS, `connection closed before server preface received`',
}

const reconnects: Outcome = {
  kind: 'recovers',
  withinMs: 40_000,
  sees: /autoReconnectGrpcConn grpc reconnection successful/,
  words: 'it connects again within some seconds',
}
/** Its pauses grow by 1.6 a try. */
const reconnectsLater: Outcome = {
  ...reconnects,
  withinMs: 90_000,
  words: 'it connects again within a minute',
}
const faults: FaultRow = {
  transport: 'plaintext',
  outcomes: {
    killed: { ours: reconnects, connect: reconnects },
    'long away': { ours: reconnectsLater, connect: reconnectsLater },
    moved: {
      ours: {
        kind: 'lost',
        sees: /autoReconnectGrpcConn grpc reconnection\.\.\./,
        words: 'it tries the old address for ever',
      },
      connect: reconnects,
    },
    'registry away': { ours: UNNOTICED, connect: UNNOTICED },
    'sidecar restarted': { ours: UNNOTICED, connect: UNNOTICED },
  },
}

export const rows: readonly SdkRow[] = [
  {
    sdk: 'Go',
    version: '`go-wechaty` v0.4.9',
    program: 'Go',
    faults,
    env: ({ caFile }) => ({ SSL_CERT_FILE: caFile }),
    cells: {
      'public-like': { TLS: speaksNoTls, plaintext: WORKS },
      ours: { TLS: speaksNoTls, plaintext: WORKS },
      connect: { TLS: WORKS, plaintext: WORKS },
    },
  },
]
