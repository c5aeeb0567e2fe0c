import { type FaultRow, type Outcome, UNNOTICED } from '../support/fault-table.ts'
import { type Expectation, type Place, type SdkRow, WORKS } from '../support/matrix.ts'

/** Of every SDK that reads the variables of `wechaty-puppet-service`. */
export const env = ({ way, transport, caFile }: Place) => ({
  NODE_EXTRA_CA_CERTS: caFile,
  ...(way === 'ours' && { WECHATY_PUPPET_SERVICE_AUTHORITY: 'api.chatie.io' }),
  ...(transport === 'plaintext' && { WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: 'true' }),
})

const crashes: Expectation = {
  fails: /The "callback" argument must be of type function\. Received undefined/,
  words: 'ends on discovery, `The "callback" argument must be of type function`',
}

/** Its watchdog starts the connection anew 60 s after the last event. */
const watchdog: Outcome = {
  kind: 'recovers',
  withinMs: 90_000,
  sees: /^error .*(UNAVAILABLE|CANCELLED)/m,
  words: 'an `error`, then no events until its watchdog connects again, 60 s after the last event',
}
const faults: FaultRow = {
  transport: 'TLS',
  outcomes: {
    killed: { ours: watchdog, connect: watchdog },
    'long away': {
      ours: {
        kind: 'lost',
        sees: /^error no grpc manager$/,
        words:
          'its watchdog finds no puppet after 60 s, and from then on a ding is an `error`, `no grpc manager`',
      },
      connect: watchdog,
    },
    moved: { ours: watchdog, connect: watchdog },
    'registry away': { ours: UNNOTICED, connect: UNNOTICED },
    'sidecar restarted': { ours: UNNOTICED, connect: UNNOTICED },
  },
}

export const rows: readonly SdkRow[] = [
  {
    sdk: 'TypeScript',
    version: '`wechaty` 1.20.2 with `@grpc/grpc-js` 1.9.15',
    program: 'TypeScript, grpc-js 1.9',
    authorityVariable: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
    env,
    faults,
    cells: {
      'public-like': { TLS: WORKS, plaintext: WORKS },
      ours: { TLS: WORKS, plaintext: WORKS },
      connect: { TLS: WORKS, plaintext: WORKS },
    },
  },
  {
    sdk: 'TypeScript',
    version: '`wechaty` 1.20.2 as `npm install` gives it, with `@grpc/grpc-js` 1.14.7',
    program: 'TypeScript, grpc-js 1.14',
    authorityVariable: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
    env,
    cells: {
      'public-like': { TLS: crashes, plaintext: crashes },
      ours: { TLS: crashes, plaintext: crashes },
      connect: { TLS: WORKS, plaintext: WORKS },
    },
  },
]
