import type { RegistryConfig } from '../config/registry-config.ts'
import type { ConnectionLimits } from '../net/connection-places.ts'

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
/** Sockets of one token for each registrant that it may have: others may listen, but not by the thousand. */
export const SOCKETS_PER_REGISTRANT = 4
/**
 * What is held for messages of registrants that are not whole yet: for so many milliseconds, and so many bytes, of one address (IPv6: one
 * /64) and in all. A registrant's messages mostly arrive in one piece.
 */
export const UNFINISHED = { ms: 8000, perAddress: 4 * 1024 * 1024, inAll: 16 * 1024 * 1024 } as const
/** Frames from one registrant in a second, pings and pongs included. A gateway that sends many events sends a few a second. */
export const FRAME_RATE = { limit: 50, windowMs: 1000 } as const
/**
 * Frames from registrants in each window. `inAll`: 10,000 a second, which take a tenth of a core. `always`: so many of one address are
 * read in each window, whatever others send: 2,000 a second, as ten thousand registrants send that ping and are pinged. `resumed`: so many registrants of
 * an address are read from again at first, if they were not.
 */
export const FRAMES = { window: 10, inAll: 100, always: 20, resumed: 5, resumedInAll: 100 } as const
/**
 * The same for connections, and for requests of those who are no registrants, in turns of 5 ms. A request takes 20 to 60 µs: one address may
 * make up to 30,000 a second, where nobody else makes many, and others wait for it for a few milliseconds. It always makes 800.
 */
export const REQUESTS = { window: 1, inAll: 300, always: 4, resumed: 2, resumedInAll: 64 } as const
/** Characters of a token; they have some fifty. */
export const TOKEN_MAX = 512
/** Characters of a subprotocol; a longer one is not taken, and a registrant without one is not found. */
export const SUBPROTOCOL_MAX = 512
/** Characters of a path: the longest token fits in, each of its characters written as three. */
export const PATH_MAX = 2048
/** How long a request may take to arrive, in milliseconds, the TLS handshake too. */
export const REQUEST_MS = 10_000
/** Discoveries that wait for a registrant: for its answer, or for it to come. From one address (IPv6: one /64), and in all. */
export const WAITING = { perAddress: 1000, inAll: 10_000 } as const

/**
 * TCP connections: in all, registrants included; and from one address (`perKey`) those that hold no registrant. They are clients, and
 * registrants on their way, of which thousands may come at once. Fewer where there is little room for all.
 */
export function connectionLimits({ connections }: Limits): ConnectionLimits {
  return { inAll: connections, perKey: Math.min(2048, Math.max(64, Math.floor(connections / 4))) }
}
