import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

export interface RelayOptions {
  /** The port on 127.0.0.1 that is behind the relay; or which one it is for the connection that comes now. */
  readonly targetPort: number | (() => number)
  /** Where to listen on 127.0.0.1. Default: a free port. */
  readonly port?: number
}

export interface RelayCounts {
  /** Connections accepted since the start. */
  readonly accepted: number
  /** Connections that pass bytes now. */
  readonly passing: number
  /** Connections that are held open and pass nothing. */
  readonly blackHoled: number
}

export interface Relay {
  readonly port: number
  /**
   * From now on no byte passes in either direction, on live connections and on new ones. Nothing is closed, and what
   * arrives is taken and thrown away, so that to both ends' kernels all is well: every write succeeds, every
   * connect succeeds. Not even the end of one side reaches the other.
   */
  blackHole(): void
  /** New connections pass again. Those that fell into the black hole stay there. */
  heal(): void
  /** Destroys every connection; new ones are treated as before. */
  cut(): void
  /** Destroys those that fell into the black hole, as the kernels do in the end. */
  cutBlackHoled(): void
  counts(): RelayCounts
  /** Destroys every connection and stops listening. */
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  /** Absent on connections that were accepted into the black hole. */
  readonly target: Socket | undefined
  dead: boolean
}

/** Starts a TCP relay on 127.0.0.1 that can fail in the ways a network does. */
export async function startRelay({ targetPort, port = 0 }: RelayOptions): Promise<Relay> {
  const links = new Set<Link>()
  let accepted = 0
  let swallowing = false
  const portNow = typeof targetPort === 'function' ? targetPort : () => targetPort

  // Half-open, so that the end of one side is ours to pass on or to swallow.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted += 1
    const target = swallowing
      ? undefined
      : connect({ host: '127.0.0.1', port: portNow(), allowHalfOpen: true, noDelay: true })
    const link: Link = { client, target, dead: false }
    links.add(link)
    watch(link, client)
    if (target === undefined) {
      swallow(link)
      return
    }
    watch(link, target)
    client.pipe(target)
    target.pipe(client)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  function watch(link: Link, socket: Socket): void {
    // The reason does not matter: 'close' follows.
    socket.on('error', () => {})
    socket.once('close', () => {
      // In the black hole the other side must not learn of it.
      if (!link.dead) destroy(link)
      else if (link.client.destroyed && (link.target?.destroyed ?? true)) links.delete(link)
    })
  }

  function swallow(link: Link): void {
    link.dead = true
    const { client, target } = link
    if (target !== undefined) {
      client.unpipe(target)
      target.unpipe(client)
      target.resume()
    }
    client.resume()
  }

  function destroy(link: Link): void {
    links.delete(link)
    link.client.destroy()
    link.target?.destroy()
  }

  function cut(): void {
    for (const link of links) destroy(link)
  }

  return {
    port: (server.address() as AddressInfo).port,
    blackHole: () => {
      swallowing = true
      for (const link of links) swallow(link)
    },
    heal: () => {
      swallowing = false
    },
    cut,
    cutBlackHoled: () => {
      for (const link of links) if (link.dead) destroy(link)
    },
    counts: () => {
      const blackHoled = [...links].filter((link) => link.dead).length
      return { accepted, passing: links.size - blackHoled, blackHoled }
    },
    close: async () => {
      cut()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}
