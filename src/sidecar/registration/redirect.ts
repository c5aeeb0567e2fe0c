import type { Failure, UpgradeRefusal } from './failure.ts'

/**
 * Where a redirect of the upgrade leads, or why it is not followed. Only to the same host, and to the same scheme or a
 * better one: a token must go nowhere else, and never in the clear, because a redirect asked for it.
 */
export function redirectTarget(
  from: URL,
  { status, headers }: UpgradeRefusal,
): { follow: URL } | { failure: Failure } | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const refuse = (why: string): { failure: Failure } => ({
    failure: {
      kind: 'retry',
      stage: 'HTTP',
      shared: false,
      code: 'REGISTRY_REDIRECT_REFUSED',
      reason: `the registry redirected (HTTP ${status}) ${why}`,
    },
  })
  const { location } = headers
  if (typeof location !== 'string' || !URL.canParse(location, from.href))
    return refuse('without saying where to')
  const target = new URL(location, from)
  target.protocol = target.protocol.replace(/^http/, 'ws')
  if (target.protocol !== 'wss:' && target.protocol !== 'ws:')
    return refuse('to something that is no registry')
  if (from.protocol === 'wss:' && target.protocol === 'ws:') {
    return refuse('from wss to ws; not followed, because the token would travel unencrypted')
  }
  if (target.hostname !== from.hostname)
    return refuse('to another host; not followed, because the token would go there')
  target.username = ''
  target.password = ''
  return { follow: target }
}
