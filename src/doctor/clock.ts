import { DOCTOR_REMEDIES } from './doctor-trouble.ts'
import type { Finding } from './finding.ts'

/** HTTP dates have whole seconds, and answers take their time; a certificate is seldom that new. In milliseconds. */
const TOLERATED_MS = 60_000
/** So much makes certificates look expired, or not valid yet. */
const WRONG_MS = 5 * 60_000

/** What goes wrong only because the clock does. */
const BY_CLOCK: ReadonlySet<string> = new Set([
  'PUPPET_CERTIFICATE_EXPIRED',
  'PUPPET_CERTIFICATE_NOT_YET_VALID',
  'REGISTRY_TLS_EXPIRED',
  'REGISTRY_TLS_NOT_YET_VALID',
])

const REMEDY = { words: DOCTOR_REMEDIES.CLOCK_WRONG, type: 'timedatectl set-ntp true' } as const

/**
 * Compares the clock of this machine with another one.
 *
 * @param header the header `Date` of an answer over HTTP; undefined or unreadable: nothing is known
 * @param whose whose clock that is, for people
 */
export function clockFinding(own: Date, header: string | undefined, whose = 'the registry'): Finding {
  const step = 'clock'
  const otherMs = Date.parse(header ?? '')
  if (Number.isNaN(otherMs)) return { step, status: 'skipped', seen: 'nobody has said what time it is' }
  const offMs = own.getTime() - otherMs
  const seen =
    Math.abs(offMs) <= TOLERATED_MS
      ? `agrees with ${whose}`
      : `${durationOf(Math.abs(offMs))} ${offMs > 0 ? 'ahead of' : 'behind'} ${whose}: ${own.toISOString()} here, ${new Date(otherMs).toISOString()} there`
  if (Math.abs(offMs) <= TOLERATED_MS) return { step, status: 'ok', seen }
  const status = Math.abs(offMs) > WRONG_MS ? 'fail' : 'warn'
  return { step, status, code: 'CLOCK_WRONG', seen, remedy: REMEDY }
}

/** Where the clock is wrong, it is named as the cause of what follows from it. */
export function withClockAsCause(findings: readonly Finding[]): readonly Finding[] {
  const clock = findings.find(({ step, status }) => step === 'clock' && status === 'fail')
  if (clock === undefined) return findings
  return findings.map((finding) =>
    finding.code !== undefined && BY_CLOCK.has(finding.code) && finding.status !== 'ok'
      ? {
          ...finding,
          code: clock.code ?? finding.code,
          seen: `${finding.seen}; the clock of this machine is wrong: ${clock.seen}`,
          remedy: REMEDY,
        }
      : finding,
  )
}

function durationOf(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}
