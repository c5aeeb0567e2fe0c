import { printable } from '../../lib/printable.ts'
import type { Failure } from './failure.ts'
import type { UpgradeRefusal } from './upgrade-refusal.ts'

/**
 * Where a redirect of the upgrade leads, or why it is not followed. Only to the same host, and to the same scheme or a
 * better one: a token must go nowhere else, and never in the clear, because a redirect asked for it.
 *
 * @param redact takes secrets out of what is shown of the other host's name
 */
export function redirectTarget(
  from: URL,
  { status, headers }: UpgradeRefusal,
  redact: (text: string) => string,
): { follow: URL } | { failure: Failure } | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const refuse = (why: string): { failure: Failure } => ({ failure: redirectFailure(status, why) })
  const { location } = headers
  if (typeof location !== 'string' || location.trim() === '') return refuse('without saying where to')
  if (!URL.canParse(location, from.href)) return refuse('to something that is no address')
  const target = new URL(location, from)
  target.protocol = target.protocol.replace(/^http/, 'ws')
  if (target.protocol !== 'wss:' && target.protocol !== 'ws:')
    return refuse('to something that is no registry')
  if (target.hostname !== from.hostname) {
    const host = printable(target.hostname, redact)
    return refuse(`to another host (${host}); not followed, because the token would go there`)
  }
  if (from.protocol === 'wss:' && target.protocol === 'ws:') {
    return refuse('from wss to ws; not followed, because the token would travel unencrypted')
  }
  target.username = ''
  target.password = ''
  return { follow: target }
}

/** One redirect is followed; the next one is not. */
export function redirectedAgain(status: number): Failure {
  return redirectFailure(status, 'once more; only one redirect is followed')
}

function redirectFailure(status: number, why: string): Failure {
  const reason = `the registry redirected (HTTP ${status}) ${why}`
  return { kind: 'retry', stage: 'HTTP', shared: false, code: 'REGISTRY_REDIRECT_REFUSED', reason }
}
