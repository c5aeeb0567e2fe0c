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

export const rows: readonly SdkRow[] = [
  {
    sdk: 'Python',
    version: '`wechaty` 0.10.7, `wechaty-puppet-service` 0.8.10 with `pyee` 11.1.1 and `urllib3` 1.26.20',
    program: 'Python',
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
