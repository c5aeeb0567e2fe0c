import { type Expectation, type SdkRow, WORKS } from '../support/matrix.ts'

const speaksNoTls: Expectation = {
  fails: /^failed PuppetService Start\(\) rejection: .*connection closed before server preface received/,
  words: 'it speaks no TLS, `connection closed before server preface received`',
}

export const rows: readonly SdkRow[] = [
  {
    sdk: 'Go',
    version: '`go-wechaty` v0.4.9',
    program: 'Go',
    env: ({ caFile }) => ({ SSL_CERT_FILE: caFile }),
    cells: {
      'public-like': { TLS: speaksNoTls, plaintext: WORKS },
      ours: { TLS: speaksNoTls, plaintext: WORKS },
      connect: { TLS: WORKS, plaintext: WORKS },
    },
  },
]
