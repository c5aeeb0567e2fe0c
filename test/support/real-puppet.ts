import { createAuthority } from './certificates.ts'
import { type Peer, startPeer } from './child.ts'
import { freePort } from './free-port.ts'
import { type Sidecar, startSidecar } from './sidecar.ts'
import { waitUntil } from './wait.ts'

/** A real puppet and a sidecar at the public registry's own server over TLS. Only the registry runs until they are started. */
export interface RealPuppet {
  readonly registry: Peer
  /** What clients have to trust. */
  readonly caFile: string
  readonly port: number
  startPuppet(): Promise<Peer>
  startSidecar(): Promise<Sidecar>
  /** How many registrants of the token the registry has. */
  registrants(): Promise<number>
  /** Waits until the registry has so many. */
  untilRegistrants(count: number): Promise<unknown>
}

/** @param tls whether the puppet speaks TLS */
export async function prepareRealPuppet(token: string, tls: boolean): Promise<RealPuppet> {
  const authority = await createAuthority()
  const registry = await startPeer('chatie-registry', {
    tls: await authority.issue(['ip:127.0.0.1', 'dns:localhost']),
  })
  const port = await freePort()
  const registrants = (): Promise<number> => registry.ask<number>('count', { token })
  return {
    registry,
    caFile: authority.caFile,
    port,
    startPuppet: () => startPeer('wechaty-puppet', { port, token, tls }),
    startSidecar: () =>
      startSidecar({
        WECHATY_PUPPET_SERVICE_TOKEN: token,
        WECHATY_PUPPET_SERVER_PORT: String(port),
        WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${registry.port}`,
        REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
      }),
    registrants,
    untilRegistrants: (count) =>
      waitUntil(async () => (await registrants()) === count, {
        timeoutMs: 30_000,
        what: `${count} registrants at the registry`,
        everyMs: 5,
      }),
  }
}
