/** A message of the engine. */
export interface EngineMessage {
  readonly subject: string
  /** As it came: anybody who may publish there can have sent it. */
  readonly data: Uint8Array
  /** Where an answer is wanted; empty if none is. */
  readonly reply: string
  /** It is the server's own word that nobody has subscribed to the subject of a question; others can say it too. */
  readonly isNoResponders: boolean
}

export interface Subscription {
  unsubscribe(): void
}

export interface EngineListener {
  /**
   * There is a connection; `server` is `host:port`, `version` its own, empty where it says none. All subscriptions have been made again, before
   * whatever is published from now on. Messages may have been missed.
   */
  onConnected(server: string, version: string): void
  /** There is none any more, or none could be made; `reason` in words, without a secret. Called again when the reason changes. */
  onDisconnected(reason: string): void
  /** The server does not allow what is in `reason`: a subject that this user may not use, say. Once for each kind and connection. */
  onRefused(reason: string): void
}

/** What carries messages between the registries of a cluster. */
export interface Engine {
  readonly isConnected: boolean
  /** Connects, and connects again for ever. Subscriptions may be made before. */
  start(listener: EngineListener): void
  /** Delivers at most once, in order for each connection; also to this process's own subscriptions. Dropped where there is no connection. */
  publish(subject: string, text: string, reply?: string): void
  /** Lasts over all connections, until it is given up. One function may serve many subjects: the message has its own. */
  subscribe(subject: string, onMessage: (message: EngineMessage) => void): Subscription
  /** Gives the connection up, and takes another one: of another server, where several are known. */
  reconnect(): void
  /** What was published is sent first, for at most a second. */
  stop(): Promise<void>
}
