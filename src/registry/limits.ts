import type { RegistryConfig } from '../config/registry-config.ts'

/** How much a registry takes. Everything above is refused with a status that says so. */
export type Limits = RegistryConfig['limits']

/** The defaults of the variables. */
export const DEFAULT_LIMITS: Limits = {
  registrants: 50_000,
  perToken: 4,
  perAddress: 20_000,
  upgradeRate: 2000,
  connections: 60_000,
}

/** Bytes of one frame; no event needs more. */
export const FRAME_MAX_BYTES = 64 * 1024
/** Sockets of one token for each registrant that it may have: others may look on, but not by the thousand. */
export const SOCKETS_PER_REGISTRANT = 4
/** Parts of one frame's message; nobody sends more than one. */
export const FRAGMENTS_MAX = 16
/** Pieces in which a message may arrive from the network before it is whole. */
export const PIECES_MAX = 1024
/** Frames from one registrant in a second, pings and pongs included. A gateway that talks a lot sends a few. */
export const EVENTS_PER_SECOND = 50
/** Bytes that may wait for a registrant that does not read. */
export const UNREAD_MAX_BYTES = 64 * 1024
/** Characters of a token; they have some fifty. */
export const TOKEN_MAX = 512
/** Characters of a subprotocol; a longer one is not taken, and who has none is not found. */
export const SUBPROTOCOL_MAX = 512
/** Characters of a path: the longest token fits in, each of its characters written as three. */
export const PATH_MAX = 2048
/** Bytes of a request's line and headers together. */
export const HEADERS_MAX_BYTES = 8 * 1024
/** How long a request may take to arrive, the TLS handshake too. */
export const REQUEST_MS = 10_000
/** How long an idle connection is kept for the next discovery: longer than the 60 s of common proxies, who would otherwise send into a closing one. */
export const IDLE_MS = 65_000
/** Requests of one connection that wait for their answers. No client sends a second one before it has the first. */
export const PIPELINED_MAX = 16
/** Discoveries that wait for a registrant: for its answer, or for it to come. From one address (IPv6: one /64), and in all. */
export const WAITING = { perAddress: 1000, inAll: 10_000 } as const

/**
 * Connections from one address that hold no registrant: clients that ask, and registrants on their way, of whom thousands
 * may come at once. Fewer where there is little room for everybody.
 */
export function connectionsBeside({ connections }: Limits): number {
  return Math.min(2048, Math.max(64, Math.floor(connections / 4)))
}
