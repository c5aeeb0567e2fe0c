import type { Clock } from '../../lib/clock.ts'
import type { Config } from '../../config/sidecar-config.ts'
import type { Listener } from '../events.ts'
import { Heartbeat } from '../../protocol/heartbeat.ts'
import { createReader } from '../../protocol/port-answer.ts'
import { createTransport } from '../../net/transport.ts'
import { REGISTRATION_PATH } from '../../protocol/discovery.ts'
import { Admission } from './connect-scheduler.ts'
import { heartbeatSettings } from './heartbeat-settings.ts'
import { Registrations } from './registrations.ts'
import { lifecycleSettings } from './settings.ts'
import { openSocket } from './open-socket.ts'

/** What registrations are made from. */
export interface CreateOptions {
  readonly config: Pick<Config, 'registry' | 'advertise' | 'heartbeat' | 'connectRate' | 'backoffMaxMs'>
  readonly clock: Clock
  /** Connections at a time. */
  readonly capacity: number
  /** A token's public name. */
  readonly nameOf: (token: string) => string
  readonly tell: Listener
}

/** How long all of DNS, TCP, TLS and the upgrade may take. */
const HANDSHAKE_MS = 10_000
/** How long TCP may take of it: the first packet and its repetition after a second. */
const TCP_MS = 3000

/** The registrations of a sidecar, with all that they share: one pace, one heartbeat, one way to the registry. */
export function createRegistrations({ config, clock, capacity, nameOf, tell }: CreateOptions): Registrations {
  const { registry, advertise, heartbeat, connectRate } = config
  const settings = lifecycleSettings(config)
  const socketOptions = {
    url: new URL(registry.url.href.replace(/\/$/, '') + REGISTRATION_PATH),
    transport: createTransport(registry),
    clock,
    handshakeMs: HANDSHAKE_MS,
    tcpMs: TCP_MS,
  }
  return new Registrations({
    nameOf,
    advertise,
    settings,
    clock,
    tell,
    read: createReader(advertise.port),
    heartbeat: new Heartbeat(clock, (links) => heartbeatSettings(links, heartbeat)),
    admission: new Admission({ clock, connectRate, backoff: settings, capacity, tell }),
    open: (token, subprotocol, handlers) => openSocket(socketOptions, { token, subprotocol }, handlers),
  })
}
