import { GrpcProbe } from './grpc-probe.ts'
import type { Probe } from './probe.ts'
import { createTcpProbe } from './tcp-probe.ts'

/** Where the puppet is, how it is looked at, and who hears that a session with it has closed. */
export interface ProbeChoice {
  readonly puppet: { readonly host: string; readonly port: number; readonly tls: 'auto' | 'on' | 'off' }
  readonly kind: 'tcp' | 'grpc' | 'serving'
  readonly sessionClosed: () => void
}

/** Makes the probe of a kind. */
export function createProbe({ puppet, kind, sessionClosed }: ProbeChoice): Probe {
  if (kind === 'tcp') return createTcpProbe(puppet)
  return new GrpcProbe({ ...puppet, wants: kind === 'serving' ? 'serving' : 'answer', sessionClosed })
}
