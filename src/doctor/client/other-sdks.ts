import type { SeenPort } from './puppet.ts'
import { DEFAULT_AUTHORITY, SDKS, type Sdk } from './sdks.ts'
import type { Finding } from './steps.ts'

/**
 * One finding for each kind of SDK that differs from the one that was taken for the bot's, where the bot's is not known.
 *
 * @param seen what the puppet's port speaks, where it was seen
 */
export function describeOthers(taken: Sdk, seen: SeenPort): readonly Finding[] {
  const kinds = new Map<string, Sdk[]>()
  for (const sdk of SDKS as readonly Sdk[]) {
    if (sdk.name === taken.name) continue
    const words = differencesOf(sdk).join(', ')
    kinds.set(words, [...(kinds.get(words) ?? []), sdk])
  }
  return [...kinds].map(([words, sdks]) => {
    const names = sdks.map(({ name }) => name).join(', ')
    const [sdk] = sdks
    const clash = sdk === undefined ? undefined : clashOf(sdk, seen)
    return {
      step: 'other SDKs',
      status: clash === undefined ? 'ok' : 'warn',
      seen: `${names}: ${words}${clash === undefined ? '' : `; this puppet ${clash.seen}`}`,
      ...(clash !== undefined && { remedy: { words: clash.remedy } }),
    }
  })
}

function differencesOf(sdk: Sdk): readonly string[] {
  const { authority, reads, tls, sendsToken, serverName, checksNames } = sdk
  const places = tls === 'never' ? sendsToken.plaintext : sendsToken.tls
  return [
    authority.length === 0 ? `asks ${DEFAULT_AUTHORITY} only` : 'asks the same registry',
    `reads \`${reads}\``,
    {
      never: 'speaks plaintext always',
      always: 'speaks TLS always',
      variable: 'speaks TLS unless told otherwise',
    }[tls],
    ...(tls === 'never' ? [] : [namesOf(checksNames, serverName.from)]),
    ...(places.length === 0 ? ['sends no token'] : []),
  ]
}

function namesOf(check: Sdk['checksNames'], from: Sdk['serverName']['from']): string {
  if (check === 'none') return 'takes any certificate'
  const name = from === 'prefix' ? "the token's prefix" : "the puppet's address"
  return check === 'alternative names'
    ? `wants a certificate with ${name} as alternative name`
    : `wants a certificate for ${name}`
}

function clashOf({ tls }: Sdk, { speaks }: SeenPort): { seen: string; remedy: string } | undefined {
  if (tls === 'never' && speaks === 'TLS') {
    return {
      seen: 'speaks TLS',
      remedy:
        'for these, run `connect` beside the bot (docs/sdks.md), or let the puppet speak plaintext (WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER=true)',
    }
  }
  return tls === 'always' && speaks === 'plaintext'
    ? { seen: 'speaks plaintext', remedy: 'for these, let the puppet speak TLS' }
    : undefined
}
