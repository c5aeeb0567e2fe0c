import type { AddressInfo, ListenOptions, Server } from 'node:net'
import type { KeyPair } from './key-pair.ts'

/** Where to listen. Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Speaks TLS with this certificate; undefined: plain http and ws. */
  readonly tls: KeyPair | undefined
}

/** Resolves with the address when the server listens; rejects when it cannot. */
export function listen(server: Server, options: ListenOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}
