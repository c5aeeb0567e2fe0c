import type { ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { systemClock } from '../../src/lib/clock.ts'
import type { DialerOptions } from '../../src/net/dialer.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import type { ProbeResult } from '../../src/sidecar/events.ts'
import { GrpcProbe, type GrpcProbeOptions } from '../../src/sidecar/probe/grpc-probe.ts'
import type { Probe } from '../../src/sidecar/probe/probe.ts'
import { type Served, serveOn } from './serve.ts'

const probes: GrpcProbe[] = []
const servers: Served[] = []

/** How a puppet on 127.0.0.1 is connected to. */
export function dialing(port: number): DialerOptions {
  const clock = systemClock
  return { clock, resolver: new NameResolver({ clock }), host: '127.0.0.1', port, timeoutMs: 2000 }
}

/** A probe with the settings that a user has who sets none. */
export function grpcProbe(port: number, options: Partial<GrpcProbeOptions> = {}): GrpcProbe {
  const probe = new GrpcProbe({
    ...dialing(port),
    tls: 'auto',
    clientTls: () => ({ servername: undefined }),
    serverNames: () => [],
    wants: 'answer',
    service: '',
    token: () => undefined,
    sessionClosed: () => {},
    ...options,
  })
  probes.push(probe)
  return probe
}

export function probeOnce(probe: Probe, timeoutMs = 2000): Promise<ProbeResult> {
  return probe.probe(AbortSignal.timeout(timeoutMs))
}

/** Lets a server listen until the end of the test; resolves with its port. */
export async function serve(server: Server, where?: Parameters<typeof serveOn>[1]): Promise<number> {
  const served = await serveOn(server, where)
  servers.push(served)
  return served.port
}

/** The answer of a gRPC server to any call. */
export function grpcStatus(status: number): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.on('error', () => {})
    const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) }
    stream.respond(headers, { endStream: true })
  }
}

/** Ends all that was started here. For `afterEach`. */
export async function endProbes(): Promise<void> {
  for (const probe of probes.splice(0)) probe.close()
  for (const server of servers.splice(0)) await server.close()
}
