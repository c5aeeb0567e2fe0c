import { startPeer } from '../../support/child.ts'

export interface LoadOptions {
  /** `host:port` of the registry. */
  readonly authority: string
  readonly tokens: readonly string[]
  /** What each of them has to be told. */
  readonly place: string
  readonly perSecond: number
  /** Whether connections are kept, as within one bot's process; else each discovery has its own, as many bots' have. */
  readonly keepAlive: boolean
}

export interface LoadFigures {
  /** Discoveries that have begun, and ended since. */
  readonly asked: number
  /** From the beginning until the last one had ended. */
  readonly seconds: number
  /** Those that found their puppet at the second try or later. */
  readonly retried: number
  readonly slowestMs: number
  /** How long after it was due the latest began. */
  readonly latestStartMs: number
  /** How often each thing was the end of a try. */
  readonly reasons: Readonly<Record<string, number>>
  /** Those that did not find their puppet, and some of them in words. */
  readonly failed: number
  readonly examples: readonly string[]
}

export interface Load {
  /** Begins no more; resolves when all have ended. */
  end(): Promise<LoadFigures>
}

/** Clients in a process of their own, which discover one token after the other with the code of the TypeScript SDK. */
export async function tokenClients(options: LoadOptions): Promise<Load> {
  const { authority, keepAlive, tokens, place, perSecond } = options
  const peer = await startPeer('token-clients', { authority, keepAlive })
  await peer.ask('begin', { tokens, place, perSecond })
  return { end: () => peer.ask<LoadFigures>('end') }
}
