import type { ConnectScheduler } from './connect-scheduler.ts'
import type { ReducerSettings } from './reducer-settings.ts'
import type { RegistrySocket, SocketHandlers } from './registry-socket.ts'
import type { RegistrationSessionOptions } from './session.ts'

/** What all registrations of a sidecar share; how a socket is made comes from outside. */
export interface RegistrationOptions extends RegistrationSessionOptions {
  /** What the registry publishes: the host may be empty ("the address I come from"). */
  readonly advertise: { readonly host: string; readonly port: number }
  readonly settings: ReducerSettings
  /** Whether a token is still desired; the one that it replaces is held without that, and does not come back when it is lost. */
  readonly isDesired: (id: string) => boolean
  /** Called when an attempt begins, before its socket is opened. */
  readonly onConnecting: (id: string) => void
  /** Says when an attempt may start. */
  readonly scheduler: ConnectScheduler
  /** Opens a socket for a token with the given subprotocol. */
  readonly open: (token: string, subprotocol: string, handlers: SocketHandlers) => RegistrySocket
}
