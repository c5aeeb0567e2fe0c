import { type Expectation, type SdkRow, WORKS } from '../support/matrix.ts'

/** The puppet closes the connection; whether the call or the connection is said to have failed is a matter of timing. */
const speaksPlaintext: Expectation = {
  fails:
    /^failed .*Failed to establish event stream, reason: status: Unknown, message: "(transport|h2 protocol) error: /,
  words: 'it speaks no TLS, `Failed to establish event stream, reason: status: Unknown`',
}

/** The puppet takes the `:authority` of HTTP/2 for the token, which with this SDK is always the address. */
const sendsNoToken: Expectation = {
  fails: /^failed .*status: Unauthenticated, message: "Invalid Wechaty TOKEN \\"127\.0\.0\.1:\d+\\""/,
  words: 'it sends no token, `Unauthenticated, message: "Invalid Wechaty TOKEN …"`',
}

export const rows: readonly SdkRow[] = [
  {
    sdk: 'Rust',
    version: '`wechaty` and `wechaty-puppet-service` 0.1.0-beta.1',
    program: 'Rust',
    // The address is what it sends as `:authority`; of one at port 80 that is the name alone.
    env: ({ way, token, caFile }) => ({
      SSL_CERT_FILE: caFile,
      ...(way === 'connect' && { WECHATY_PUPPET_SERVICE_ENDPOINT: `http://${token}` }),
    }),
    localNames: ({ token }) => [token],
    connectEnv: () => ({ CONNECT_LISTEN: '127.0.0.1:80' }),
    cells: {
      'public-like': { TLS: speaksPlaintext, plaintext: sendsNoToken },
      ours: { TLS: speaksPlaintext, plaintext: sendsNoToken },
      connect: { TLS: WORKS, plaintext: WORKS },
    },
  },
]
