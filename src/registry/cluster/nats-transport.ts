import { type ConnectionOptions, type Server, setTransportFactory } from '@nats-io/transport-node'
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js'
import { inBackground } from '../../lib/background.ts'
import { afterThisTurn } from '../../lib/clock.ts'
import { hostPort } from '../../net/host-port.ts'

/** What a connection is made with, and who is told of an attempt that failed; `server` is `host:port`. */
export interface NatsTransportOptions extends ConnectionOptions {
  readonly onFailure: (server: string, error: Error) => void
}

/** The client's own transport, which leaves something to be desired where a server is silent. */
class NatsTransport extends NodeTransport {
  #server = ''
  #onFailure: NatsTransportOptions['onFailure'] = () => {}

  override connect(server: Server, options: NatsTransportOptions): Promise<void> {
    const { hostname, port } = server
    this.#server = hostPort({ host: hostname, port })
    this.#onFailure = options.onFailure
    // Where the server is an address, Node.js would check its certificate for "localhost".
    const tls = options.tls && Object.assign({ host: hostname }, options.tls)
    return super.connect(server, tls ? { ...options, tls } : options)
  }

  /** Sends at once what was published while sockets were read: to write costs more than all else that a discovery needs. */
  override send(frame: Uint8Array): void {
    const { socket } = this
    if (socket?.writableCorked === 0) {
      socket.cork()
      afterThisTurn(() => socket.uncork())
    }
    super.send(frame)
  }

  /** After an attempt that failed (the client does not say why, once it was connected), and at the end. */
  override async close(error?: Error): Promise<void> {
    if (error !== undefined) this.#onFailure(this.#server, error)
    await super.close(error)
    // The client forgets the socket of an attempt that took too long.
    this.discard()
  }

  /** The client would wait until all is sent: for ever, where a server stands still. */
  override disconnect(): void {
    inBackground(super.close())
  }
}

/** From now on all connections of the client are made by this transport: the client takes one making for the whole process. */
export function useNatsTransport(): void {
  setTransportFactory({
    factory: () => new NatsTransport(),
    // A name that does not resolve fails when it is connected to, and so like all else.
    dnsResolveFn: (name) => nodeResolveHost(name).catch(() => [name]),
  })
}
