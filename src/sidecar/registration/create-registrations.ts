import type { Config } from '../../config/sidecar-config.ts'
import type { Clock } from '../../lib/clock.ts'
import { isLoopbackHost } from '../../net/local-host.ts'
import type { Transport } from '../../net/transport.ts'
import { publicName } from '../../ops/redactor.ts'
import { REGISTRATION_PATH } from '../../protocol/discovery.ts'
import { Heartbeat } from '../../protocol/heartbeat.ts'
import { createReader } from '../../protocol/port-answer.ts'
import type { SidecarEventListener } from '../events.ts'
import { Verifier } from '../verification/verifier.ts'
import { ConnectScheduler } from './connect-scheduler.ts'
import { heartbeatSettings } from './heartbeat-timeouts.ts'
import { openSocket } from './open-socket.ts'
import { reducerSettings } from './reducer-settings.ts'
import { Registrations } from './registrations.ts'

export interface CreateOptions {
  readonly config: Pick<
    Config,
    'registry' | 'advertise' | 'heartbeat' | 'verifyIntervalMs' | 'connectRate' | 'backoffMaxMs'
  >
  /** The way to the registry. */
  readonly transport: Transport
  readonly clock: Clock
  /** Connections at a time. */
  readonly capacity: number
  readonly onEvent: SidecarEventListener
  /** Takes tokens out of what the registry says. */
  readonly redact: (text: string) => string
}

/** How long all of DNS, TCP, TLS and the upgrade may take. */
const HANDSHAKE_MS = 10_000
/** How long TCP may take of it: the first packet and its repetition after a second. */
const TCP_MS = 3000

/** The registrations of a sidecar, with all that they share: one pace, one heartbeat, one way to the registry. */
export function createRegistrations(options: CreateOptions): Registrations {
  const { config, transport, clock, capacity, onEvent, redact } = options
  const { registry, advertise, heartbeat, connectRate } = config
  const settings = reducerSettings(config)
  const socketOptions = {
    url: new URL(registry.url.href.replace(/\/$/, '') + REGISTRATION_PATH),
    transport,
    clock,
    handshakeMs: HANDSHAKE_MS,
    tcpMs: TCP_MS,
    redact,
  }
  const registrations: Registrations = new Registrations({
    nameOf: publicName,
    advertise,
    settings,
    clock,
    onEvent,
    read: createReader(advertise.port, redact),
    heartbeat: new Heartbeat(clock, (links) => heartbeatSettings(links, heartbeat)),
    verifier: new Verifier({
      clock,
      intervalMs: config.verifyIntervalMs,
      advertisedHost: advertise.host,
      isRegistryLocal: isLoopbackHost(registry.url.hostname),
      emit: (event) => registrations.emit(event),
    }),
    scheduler: new ConnectScheduler({
      clock,
      connectRate,
      backoff: settings,
      capacity,
      emit: (event) => registrations.emit(event),
    }),
    open: (token, subprotocol, handlers) => openSocket(socketOptions, { token, subprotocol }, handlers),
  })
  return registrations
}
