/** What the process says when it ends; 64 and up are those of sysexits.h. */
export const EXIT = {
  ok: 0,
  no: 1,
  /** `discover`: the registry cannot be reached, or is not understood. */
  unreachable: 2,
  usage: 64,
  bug: 70,
  refused: 77,
  config: 78,
} as const
