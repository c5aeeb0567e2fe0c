import { GrpcProbe } from './grpc-probe.ts'
import type { Probe } from './probe.ts'
import { createTcpProbe } from './tcp-probe.ts'

export interface ProbeChoice {
  readonly puppet: { readonly host: string; readonly port: number; readonly tls: 'auto' | 'on' | 'off' }
  readonly kind: 'tcp' | 'grpc' | 'serving'
  /** Called when the puppet has closed a session. */
  readonly sessionClosed: () => void
}

export function createProbe({ puppet, kind, sessionClosed }: ProbeChoice): Probe {
  if (kind === 'tcp') return createTcpProbe(puppet)
  return new GrpcProbe({ ...puppet, wants: kind === 'serving' ? 'serving' : 'answer', sessionClosed })
}
