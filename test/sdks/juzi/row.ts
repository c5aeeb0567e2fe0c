import { type SdkRow, WORKS } from '../support/matrix.ts'
import { env } from '../typescript/row.ts'

export const rows: readonly SdkRow[] = [
  {
    sdk: 'TypeScript',
    version: '`@juzi/wechaty` 1.0.144 with `@grpc/grpc-js` 1.9.15',
    program: 'TypeScript of Juzi',
    authorityVariable: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
    env,
    cells: {
      'public-like': { TLS: WORKS, plaintext: WORKS },
      ours: { TLS: WORKS, plaintext: WORKS },
      connect: { TLS: WORKS, plaintext: WORKS },
    },
  },
]
