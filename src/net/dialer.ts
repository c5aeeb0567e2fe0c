import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import { withoutMapping } from './ip-address.ts'
import type { NameResolver } from './name-resolver.ts'
import { raceAddresses } from './race-addresses.ts'

export interface DialerOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly resolver: NameResolver
  /** Deadline of one connection, in milliseconds. */
  readonly timeoutMs: number
  /** Of the sockets; default: those of Node.js. */
  readonly socket?: Pick<TcpNetConnectOpts, 'allowHalfOpen' | 'noDelay'>
}

/** Of the deadline: a name that is not found must be said before time is up. */
const LOOKUP_SHARE = 0.75

/** Connects to the puppet, wherever its name leads, and remembers which address it had. */
export class Dialer {
  readonly #options: DialerOptions
  #last: string | undefined

  constructor(options: DialerOptions) {
    this.#options = options
  }

  /** Opens a TCP connection. Rejects with the error, or when `signal` aborts. */
  dial(signal: AbortSignal): Promise<Socket> {
    const { port, socket = {} } = this.#options
    const connectTo = (host: string, over: AbortSignal): Promise<Socket> =>
      openSocket({ host, port, ...socket }, over)
    return this.race(connectTo, (socket) => socket.destroy(), signal)
  }

  /** The same with another way to connect to one address. */
  async race<Connection>(
    connectTo: (address: string, signal: AbortSignal) => Promise<Connection>,
    discard: (connection: Connection) => void,
    signal: AbortSignal,
  ): Promise<Connection> {
    const { clock, host, resolver, timeoutMs } = this.#options
    const addresses = await resolver.addresses(host, timeoutMs * LOOKUP_SHARE)
    const options = { clock, addresses, last: this.#last, connect: connectTo, discard }
    const { address, connection } = await raceAddresses(options, signal)
    this.#last = address
    return connection
  }
}

function openSocket(options: TcpNetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options)
    const abort = (): void => {
      socket.destroy()
      reject(new Error('aborted'))
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (error) => {
      signal.removeEventListener('abort', abort)
      reject(error)
    })
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      if (isConnectedToItself(socket, options)) {
        socket.destroy()
        const refused = 'nothing listens there: it was connected to itself'
        return reject(Object.assign(new Error(refused), { code: 'ECONNREFUSED' }))
      }
      // Between two owners, an error must not be without a listener.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/**
 * Where nothing listens on a port of this machine, and the system chooses that very port for the connection, it connects a socket to itself
 * (RFC 9293 §3.5): it would give back what is sent, and keep the port from who is to listen there. The remote address is not asked for:
 * Node.js would remember it.
 */
function isConnectedToItself(
  { localAddress = '', localPort }: Socket,
  { host = '', port }: TcpNetConnectOpts,
): boolean {
  return localPort === port && withoutMapping(localAddress) === withoutMapping(host)
}
