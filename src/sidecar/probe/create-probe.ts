import type { Config } from '../../config/sidecar-config.ts'
import type { Clock } from '../../lib/clock.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import { ClientCertificate } from './client-certificate.ts'
import { GrpcProbe } from './grpc-probe.ts'
import type { Probe } from './probe.ts'
import { createTcpProbe } from './tcp-probe.ts'

export interface CreateProbeOptions {
  readonly config: Pick<Config, 'puppet' | 'probe'>
  readonly clock: Clock
  readonly resolver: NameResolver
  /** The server names that clients ask for in TLS, unless the configuration has another. */
  readonly serverNames: () => readonly string[]
  /** The token that a guarded health service is asked with; undefined while there is none. */
  readonly token: () => string | undefined
  /** Called when the puppet has closed the held session. */
  readonly sessionClosed: () => void
}

/** The probe that a configuration wants. */
export function createProbe(options: CreateProbeOptions): Probe {
  const { clock, config, resolver, sessionClosed, token } = options
  const { puppet, probe } = config
  const dialing = { ...puppet, clock, resolver, timeoutMs: probe.timeoutMs }
  if (probe.kind === 'tcp') return createTcpProbe(dialing)
  const { serverName } = puppet
  const serverNames = serverName === undefined ? options.serverNames : () => [serverName]
  const certificate = puppet.clientCertificate && new ClientCertificate(puppet.clientCertificate)
  return new GrpcProbe({
    ...dialing,
    clientTls: () => ({ servername: serverNames()[0], ...certificate?.current }),
    serverNames,
    wants: probe.kind === 'serving' ? 'serving' : 'answer',
    service: probe.service,
    token,
    sessionClosed,
  })
}
