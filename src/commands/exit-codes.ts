/** The process's exit codes; 64 and up are those of sysexits.h. */
export const EXIT = {
  ok: 0,
  no: 1,
  /** `discover`: the registry cannot be reached, or is not understood. */
  unreachable: 2,
  usage: 64,
  bug: 70,
  /** The network namespace shared with the puppet is gone: start again to join the new one (EX_TEMPFAIL). */
  networkGone: 75,
  refused: 77,
  config: 78,
} as const
