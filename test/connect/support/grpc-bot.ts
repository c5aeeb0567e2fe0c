import { type Peer, startPeer } from '../../support/child.ts'

/** How a call ended: gRPC's code (0: answered, 14: unavailable) in words of grpc-js, and when. */
export interface CallOutcome {
  readonly code: number
  readonly details: string
  readonly tookMs: number
}

/** More than any wait of these tests. */
const DEADLINE_MS = 25_000

/** A bot with grpc-js, of which each call makes a connection of its own. */
export class GrpcBot {
  readonly #peer: Peer

  private constructor(peer: Peer) {
    this.#peer = peer
  }

  static async start(namespace?: string): Promise<GrpcBot> {
    return new GrpcBot(await startPeer('grpc-client', {}, namespace === undefined ? {} : { namespace }))
  }

  /** Asks for the puppet's health by the address for bots at `port`. */
  async call(port: number): Promise<CallOutcome> {
    const startMs = performance.now()
    const request = { port, path: '/grpc.health.v1.Health/Check', deadlineMs: DEADLINE_MS }
    const { code, details } = await this.#peer.ask<CallOutcome>('call', request)
    return { code, details, tookMs: performance.now() - startMs }
  }
}
