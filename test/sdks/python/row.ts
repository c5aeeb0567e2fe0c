import { type FaultRow, type Outcome, UNNOTICED } from '../support/fault-table.ts'
import { type Expectation, type Place, type SdkRow, WORKS } from '../support/matrix.ts'

const env = ({ caFile }: Place) => ({ REQUESTS_CA_BUNDLE: caFile })

/** After that minute its restart stops it: it calls the puppet once more, and the error ends it with exit code 1. */
const noTls: Expectation = {
  fails:
    /The network is not good, the bot will try to restart after 60 seconds\. StreamTerminatedError\('Connection lost'\)/,
  words: '`The network is not good, the bot will try to restart after 60 seconds`; it has no TLS',
}
const noImport: Expectation = {
  fails: /ImportError: cannot import name 'AsyncIOEventEmitter' from 'pyee'/,
  words: "ends on import, `cannot import name 'AsyncIOEventEmitter' from 'pyee'`",
}

/** It is started again 60 s after its connection has ended. */
const startsAgain: Outcome = {
  kind: 'recovers',
  withinMs: 90_000,
  sees: /the bot will try to restart after 60 seconds/,
  words: 'it starts again after 60 s',
}
const ends: Outcome = {
  kind: 'lost',
  sees: /^failed .*Connect call failed/,
  words: 'after 60 s it starts again, finds no puppet there, and ends',
}
const faults: FaultRow = {
  transport: 'plaintext',
  outcomes: {
    killed: { ours: startsAgain, connect: startsAgain },
    'long away': { ours: ends, connect: startsAgain },
    moved: { ours: ends, connect: startsAgain },
    'registry away': { ours: UNNOTICED, connect: UNNOTICED },
    'sidecar restarted': { ours: UNNOTICED, connect: UNNOTICED },
  },
}

export const rows: readonly SdkRow[] = [
  {
    sdk: 'Python',
    version: '`wechaty` 0.10.7, `wechaty-puppet-service` 0.8.10 with `pyee` 11.1.1 and `urllib3` 1.26.20',
    program: 'Python',
    faults,
    env,
    cells: {
      'public-like': { TLS: noTls, plaintext: WORKS },
      ours: { TLS: noTls, plaintext: WORKS },
      connect: { TLS: WORKS, plaintext: WORKS },
    },
  },
  {
    sdk: 'Python',
    version:
      '`wechaty` 0.10.7, `wechaty-puppet-service` 0.8.10 as `pip install` gives them, with `pyee` 13.0.1',
    program: 'Python, as installed',
    env,
    cells: {
      'public-like': { TLS: noImport, plaintext: noImport },
      ours: { TLS: noImport, plaintext: noImport },
      connect: { TLS: noImport, plaintext: noImport },
    },
  },
]
