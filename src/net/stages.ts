import { isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** The stages of a connection to whichever peer; `HTTP` is when it can be spoken to. */
export type ConnectStage = 'DNS' | 'TCP' | 'TLS' | 'HTTP'

/**
 * Tells the stages of a socket that is being connected to `host`, so that a failure can be named after the one it happened in. One that goes
 * through a tunnel begins with TLS, or with HTTP.
 */
export function followStages(socket: Socket, host: string, onStage: (stage: ConnectStage) => void): void {
  const isSecure = socket instanceof TLSSocket
  const connected = (): void => onStage(isSecure ? 'TLS' : 'HTTP')
  if (isSecure) socket.once('secureConnect', () => onStage('HTTP'))
  if (!socket.connecting) return connected()
  // A name has several addresses, perhaps; an address is never looked up.
  const lookedUp = (error: Error | null): void => {
    if (error === null) onStage('TCP')
  }
  if (isIP(host) === 0) socket.on('lookup', lookedUp)
  else onStage('TCP')
  socket.once('connect', () => {
    socket.off('lookup', lookedUp)
    connected()
  })
}
