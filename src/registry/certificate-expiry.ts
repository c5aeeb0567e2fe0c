import type { ProblemCode } from '../lib/problem.ts'

/** Two weeks: a certificate that is renewed automatically is renewed by then. */
const SOON_MS = 14 * 24 * 3_600_000

export interface ExpiryTrouble {
  readonly code: Extract<ProblemCode, 'CERTIFICATE_EXPIRED' | 'CERTIFICATE_EXPIRES_SOON'>
  readonly text: string
  /** Since when it is so. */
  readonly since: Date
}

/** What there is to say about the end of a certificate; undefined while it is far away. */
export function expiryTrouble(expires: Date, date: Date): ExpiryTrouble | undefined {
  const leftMs = expires.getTime() - date.getTime()
  if (leftMs <= 0)
    return {
      code: 'CERTIFICATE_EXPIRED',
      text: 'the certificate has expired: clients refuse it',
      since: expires,
    }
  if (leftMs >= SOON_MS) return undefined
  const since = new Date(expires.getTime() - SOON_MS)
  return { code: 'CERTIFICATE_EXPIRES_SOON', text: 'the certificate expires soon', since }
}
