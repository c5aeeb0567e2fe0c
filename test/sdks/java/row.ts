import { cellsWithToken, env } from '../scala/row.ts'
import type { Expectation, SdkRow } from '../support/matrix.ts'

const notFound: Expectation = { notRun: '`mvn` did not find it' }

export const rows: readonly SdkRow[] = [
  {
    sdk: 'Java',
    version: '`io.github.wechaty:wechaty` 0.1.4 and 0.1.5-SNAPSHOT',
    program: 'none',
    env: () => ({}),
    cells: {
      'public-like': { TLS: notFound, plaintext: notFound },
      ours: { TLS: notFound, plaintext: notFound },
      connect: { TLS: notFound, plaintext: notFound },
    },
  },
  {
    sdk: 'Java',
    version: '`io.github.wechaty:wechaty_2.12` 0.0.15, with a channel that says the token',
    program: 'Java',
    env,
    cells: cellsWithToken,
  },
]
