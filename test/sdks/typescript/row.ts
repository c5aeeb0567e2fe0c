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

export const rows: readonly SdkRow[] = [
  {
    sdk: 'TypeScript',
    version: '`wechaty` 1.20.2 with `@grpc/grpc-js` 1.9.15',
    program: 'TypeScript, grpc-js 1.9',
    authorityVariable: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
    env,
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
