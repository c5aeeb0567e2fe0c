import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Clock } from '../lib/clock.ts'
import { type Origin, originOf } from '../net/client-address.ts'
import type { Place } from '../net/connection-places.ts'
import type { Networks } from '../net/networks.ts'
import { type Refusal, refuseUpgrade } from '../net/refuse-upgrade.ts'
import { RegistrantUpgrade } from '../protocol/registrant-upgrade.ts'
import { isRegistrationPath } from '../protocol/registration.ts'
import type { AccessControl } from './access-control.ts'
import { readAdvertised } from './advertised-endpoint.ts'
import type { Connections } from './connections.ts'
import { type Displacement, displacementBy } from './displacement.ts'
import type { RegistryEvent } from './events.ts'
import { FRAME_MAX_BYTES, PATH_MAX, SUBPROTOCOL_MAX, TOKEN_MAX } from './limits.ts'
import { BUSY_MS, retryAfterSeconds } from './overload.ts'
import { REFUSALS, type RefusalReason } from './refusals.ts'
import type { Registrant } from './registrant.ts'
import type { RegistrationTable } from './registration-table.ts'

/** How long a registrant may take for its half of a close, in milliseconds. */
const CLOSE_MS = 500

/** Who was let in. */
export interface Arrival extends Origin, Displacement<Registrant> {
  readonly token: string
  /** What its WebSocket reads from. */
  readonly connection: Duplex
  /** Its connection's; undefined if that is gone. */
  readonly place: Place | undefined
}

export interface RegistrationHandlerOptions {
  readonly access: AccessControl
  readonly trustedProxies: Networks | undefined
  readonly connections: Connections
  readonly table: RegistrationTable
  /** How many registrants a token may have. */
  readonly perToken: number
  readonly clock: Clock
  readonly onRegistrant: (socket: WebSocket, arrival: Arrival) => void
  readonly emit: (event: RegistryEvent) => void
}

/** Takes requests to upgrade, and lets registrants in. */
export class RegistrationHandler {
  readonly #options: RegistrationHandlerOptions
  readonly #upgrade: RegistrantUpgrade

  constructor(options: RegistrationHandlerOptions) {
    this.#options = options
    this.#upgrade = new RegistrantUpgrade({
      frameMaxBytes: FRAME_MAX_BYTES,
      closeMs: CLOSE_MS,
      subprotocolMax: SUBPROTOCOL_MAX,
    })
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer, isFirst: boolean): void {
    const { access, trustedProxies, connections, table, clock, onRegistrant, emit } = this.#options
    const { address, addressUnverified } = originOf(request, trustedProxies)
    const refuse = (reason: RefusalReason, refusal: Refusal = REFUSALS[reason]): void => {
      emit({ type: 'refused', reason, address })
      refuseUpgrade(socket, refusal)
    }
    if (!access.takeUpgrade(address)) return refuse('rate')
    // A later request has waited since the answer before it at most, however long ago its connection came.
    const waitedMs = isFirst ? connections.busyMs(request.socket) : 0
    if (waitedMs > BUSY_MS) {
      const retryAfter = retryAfterSeconds(waitedMs, clock.random())
      return refuse('busy', { ...REFUSALS.busy, retryAfter })
    }
    const { path, token, subprotocol } = this.#upgrade.read(request)
    if (!isRegistrationPath(path) || path.length > PATH_MAX) return refuse('path')
    if (token === undefined) return refuse('token')
    if (token.length > TOKEN_MAX) return refuse('length')
    const advertised = readAdvertised(subprotocol, address)
    const leaving = displacementBy(advertised, table.of(token), this.#options.perToken)
    const addresses = [...leaving.replaced, ...leaving.displaced].map((older) => older.address)
    const objection = access.objection(token, { address, subprotocol }, addresses)
    if (objection !== undefined) return refuse(objection)
    this.#upgrade.accept(request, socket, head, (webSocket) => {
      access.givesWay({ address, subprotocol }, addresses)?.giveWay()
      const place = connections.promote(request.socket)
      // A copy: a part that was cut out of a URL would keep the whole of it in memory.
      const copy = Buffer.from(token).toString()
      onRegistrant(webSocket, {
        ...leaving,
        token: copy,
        address,
        addressUnverified,
        connection: socket,
        place,
      })
    })
  }
}
