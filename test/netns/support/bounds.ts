// The bounds of the promise, in milliseconds, as docs/performance.md gives them. What a far network adds stands beside its test.

/** What a machine of two cores that is busy with something else may add. */
export const NOISE_MS = 500
/** A link whose packets vanish is found dead: 1.8 s until the next ping, 3.6 s for its pong, and what is between them. */
export const DEAD_LINK_MS = 5500
/** The longest outage that must not be taken for a dead link. */
export const HARMLESS_OUTAGE_MS = 2500
/** A registration that was lost is there again, once the registry is. */
export const REGISTERED_AGAIN_MS = 500
/** The same after refusals: one attempt every 0.5 to 1.5 s. */
export const BACK_AFTER_REFUSALS_MS = 2000
/** The same after packets have vanished: an attempt may hang in the TCP stage for 3 s. */
export const BACK_AFTER_SILENCE_MS = 4000
/** A puppet that is killed. */
export const KILLED_MS = 100
/** A puppet that is silent. */
export const SILENT_PUPPET_MS = 2600
/** A puppet that is back. */
export const PUPPET_BACK_MS = 600
/** Linux sends a SYN that was lost again after 1 s (TCP_TIMEOUT_INIT), whatever the network does meanwhile. */
export const SYN_AGAIN_MS = 1000
