import type { TimedProbeResult } from '../events.ts'

/** What a probe found, before the clock that measures it is known. */
export type ProbeResult = TimedProbeResult extends infer Result
  ? Result extends unknown
    ? Omit<Result, 'tookMs'>
    : never
  : never

/** A way to find out whether the puppet is alive. */
export interface Probe {
  /**
   * Looks once. Never rejects. After `signal` aborts (the deadline, another look's answer, or the end) its answer is no
   * longer read, and it gives up whatever it holds for this look.
   *
   * @param anew over a new connection, while a look over the held one is still without an answer
   */
  look(signal: AbortSignal, anew?: boolean): Promise<ProbeResult>
  /** Whether the next look goes over a connection that is held, which may be dead while the puppet lives. */
  readonly holdsConnection: boolean
  /** Lets go of everything. */
  close(): void
}

/** A finding that says no. */
export function failedProbe(
  kind: 'refused' | 'timeout' | 'failed',
  reason: string,
): ProbeResult & { ok: false } {
  return { ok: false, kind, reason }
}

/** Where the puppet's port is. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Turns a connection error into a finding in words. */
export function resultOfConnectError(
  error: NodeJS.ErrnoException,
  { host, port }: Address,
): ProbeResult & { ok: false } {
  switch (error.code) {
    case 'ECONNREFUSED':
      return failedProbe('refused', `nothing listens on ${host}:${port}`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failedProbe('failed', `the name ${host} does not resolve (${error.code})`)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return failedProbe('failed', `no route to ${host} (${error.code})`)
    case 'ECONNRESET':
      return failedProbe('failed', `${host}:${port} accepts connections and resets them`)
    default:
      return failedProbe(
        'failed',
        `connecting to ${host}:${port} failed${error.code === undefined ? '' : ` (${error.code})`}`,
      )
  }
}
