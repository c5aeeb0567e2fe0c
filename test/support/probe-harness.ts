import type { ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import { systemClock } from '../../src/lib/clock.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import { GrpcProbe, type GrpcProbeOptions } from '../../src/sidecar/probe/grpc-probe.ts'

const probes: GrpcProbe[] = []
const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = []

/** A probe with the settings that a user has who sets none. */
export function grpcProbe(port: number, options: Partial<GrpcProbeOptions> = {}): GrpcProbe {
  const probe = new GrpcProbe({
    clock: systemClock,
    resolver: new NameResolver({ clock: systemClock }),
    host: '127.0.0.1',
    port,
    timeoutMs: 2000,
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

export async function serve(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    sockets.add(socket)
  })
  servers.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
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
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}
