import type { KeyPair } from './key-pair.ts'

/** Where to listen. Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Speaks TLS with this certificate; undefined: plain http and ws. */
  readonly tls: KeyPair | undefined
}
