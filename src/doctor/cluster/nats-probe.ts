import { type NatsConnection, NatsConnectionImpl, PermissionViolationError } from '@nats-io/transport-node'
import { inBackground } from '../../lib/background.ts'
import { type Clock, withTimeLimit } from '../../lib/clock.ts'
import { natsFailure } from '../../registry/cluster/nats-failure.ts'
import { connectionOptions, type NatsAccess } from '../../registry/cluster/nats-options.ts'
import { type NatsTransportOptions, useNatsTransport } from '../../registry/cluster/nats-transport.ts'

/** What a server does not allow. */
export interface NatsRefusal {
  readonly operation: 'publish' | 'subscription'
  readonly subject: string
}

/** A server that answers does so in milliseconds. */
const FLUSH_MS = 3000

/** One connection to one server, to find out what a registry could do there. Load this file with `import()`: NATS comes with it. */
export class NatsProbe {
  readonly version: string
  readonly isTls: boolean
  /** Complete for all that was sent before a `flush`. */
  readonly refused: NatsRefusal[] = []
  readonly #connection: NatsConnection
  readonly #clock: Clock

  private constructor(connection: NatsConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
    this.version = connection.info?.version ?? ''
    this.isTls = connection.info?.tls_required === true || connection.info?.tls_available === true
    inBackground(this.#follow())
  }

  /** Resolves with the reason in words where there is no connection. */
  static async connect(access: NatsAccess, clock: Clock): Promise<NatsProbe | string> {
    useNatsTransport()
    const way = { authKind: access.auth?.kind, hasCaFile: access.ca.length > 0 }
    let failure: string | undefined
    const options: NatsTransportOptions = {
      ...connectionOptions(access),
      reconnect: false,
      ignoreClusterUpdates: true,
      onFailure: (_server, error) => {
        failure = natsFailure(error, way)
      },
    }
    try {
      return new NatsProbe(await NatsConnectionImpl.connect(options), clock)
    } catch (error) {
      return failure ?? natsFailure(error as Error, way)
    }
  }

  subscribe(subject: string, onMessage: (subject: string, data: Uint8Array) => void): void {
    const callback = (error: Error | null, message: { subject: string; data: Uint8Array }): void => {
      if (error === null) onMessage(message.subject, message.data)
    }
    this.#connection.subscribe(subject, { callback })
  }

  publish(subject: string, text: string, reply = ''): void {
    if (!this.#connection.isClosed()) this.#connection.publish(subject, text, { reply })
  }

  /** Whether the server has read all that was sent before. */
  async flush(): Promise<boolean> {
    const flushed = this.#connection.flush().then(
      () => true,
      () => false,
    )
    return (await withTimeLimit(this.#clock, FLUSH_MS, flushed)) ?? false
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  async #follow(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue
      const { operation, subject } = status.error
      this.refused.push({ operation, subject })
    }
  }
}
