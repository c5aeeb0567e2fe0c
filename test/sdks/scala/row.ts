import { javaTrusts } from '../support/java-trust.ts'
import { type Expectation, type Place, type SdkRow, WORKS } from '../support/matrix.ts'

export const env = ({ way, token, caFile, folder }: Place) => ({
  ...javaTrusts(caFile, folder),
  WECHATY_PUPPET_HOSTIE_TOKEN: token,
  ...(way === 'connect' && { WECHATY_PUPPET_HOSTIE_ENDPOINT: '127.0.0.1:8788' }),
})

const speaksPlaintext: Expectation = {
  fails: /^failed io\.grpc\.StatusRuntimeException: UNAVAILABLE: Network closed for unknown reason$/,
  words: 'it speaks no TLS, `UNAVAILABLE: Network closed for unknown reason`',
}
const sendsNoToken: Expectation = {
  fails:
    /^failed io\.grpc\.StatusRuntimeException: UNAUTHENTICATED: Invalid Wechaty TOKEN "127\.0\.0\.1:\d+"$/,
  words: 'it sends no token, `UNAUTHENTICATED: Invalid Wechaty TOKEN …`',
}

/** Of a bot that says the token itself: by any way, to a port that speaks plaintext. */
export const cellsWithToken: SdkRow['cells'] = {
  'public-like': { TLS: speaksPlaintext, plaintext: WORKS },
  ours: { TLS: speaksPlaintext, plaintext: WORKS },
  connect: { TLS: WORKS, plaintext: WORKS },
}

export const rows: readonly SdkRow[] = [
  {
    sdk: 'Scala',
    version: '`wechaty_2.12` 0.0.15',
    program: 'Scala',
    env,
    cells: {
      'public-like': { TLS: speaksPlaintext, plaintext: sendsNoToken },
      ours: { TLS: speaksPlaintext, plaintext: sendsNoToken },
      connect: { TLS: sendsNoToken, plaintext: sendsNoToken },
    },
  },
  {
    sdk: 'Scala',
    version: '`wechaty_2.12` 0.0.15, with a channel that says the token',
    program: 'Scala, with the token',
    env,
    cells: cellsWithToken,
  },
]
