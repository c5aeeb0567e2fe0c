import type {
  Subscription as ClientSubscription,
  Msg,
  NatsConnection,
  SubscriptionOptions,
} from '@nats-io/transport-node'
import { inBackground } from '../../lib/background.ts'
import type { EngineMessage, Subscription } from './engine.ts'

type OnMessage = (message: EngineMessage) => void

/** One of very many, which lasts over all connections. */
export class NatsSubscription implements Subscription {
  readonly #subject: string
  readonly #onMessage: OnMessage
  /** Those that last; it is one of them until it is given up. */
  readonly #all: Set<NatsSubscription>
  #current: ClientSubscription | undefined

  constructor(subject: string, onMessage: OnMessage, all: Set<NatsSubscription>) {
    this.#subject = subject
    this.#onMessage = onMessage
    this.#all = all
    all.add(this)
  }

  /** Makes it at the client, unless it is there: the connection may be another one now, and a server may have refused it. */
  renew(connection: NatsConnection): void {
    if (this.#current?.isClosed() === false) return
    this.#current = connection.subscribe(this.#subject, clientOptions(this.#onMessage))
  }

  unsubscribe(): void {
    if (this.#all.delete(this)) this.#current?.unsubscribe()
  }
}

const OPTIONS = new WeakMap<OnMessage, SubscriptionOptions>()

/** What the client calls: one for each function, not for each subject. */
function clientOptions(onMessage: OnMessage): SubscriptionOptions {
  const known = OPTIONS.get(onMessage)
  if (known !== undefined) return known
  const callback = (error: Error | null, message: Msg): void => {
    if (error !== null) return
    try {
      onMessage(engineMessage(message))
    } catch (bug) {
      // Thrown here, it would end the client's reading.
      inBackground(Promise.reject(bug))
    }
  }
  const options = { callback }
  OPTIONS.set(onMessage, options)
  return options
}

function engineMessage(message: Msg): EngineMessage {
  const { subject, data, reply = '' } = message
  return { subject, data, reply, isNoResponders: data.length === 0 && statusOf(message) === 503 }
}

/** The status in a message's headers, which anybody may have written, and wrongly. */
function statusOf(message: Msg): number | undefined {
  try {
    return message.headers?.code
  } catch {
    return undefined
  }
}
