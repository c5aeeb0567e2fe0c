import { element } from '../element.ts'
import { hostPort } from '../host-port.ts'
import { instant } from '../instant.ts'
import { createTokenTable, type TokenTable } from '../token-table/token-table.ts'
import { misleads, verdictWords } from './discovery-words.ts'
import type { Token } from './status.ts'

const STATES: Readonly<Record<string, string>> = {
  idle: 'not registered',
  waiting: 'waiting',
  connecting: 'connecting',
  open: 'connecting',
  closing: 'withdrawing',
  stopped: 'withdrawn',
}

/** The tokens, those in trouble first. */
export function createSidecarTokens(): TokenTable<Token> {
  return createTokenTable<Token>({
    columns: ['Name', 'State', 'Since', 'Why', 'Clients are sent to'],
    cells: (token, nowMs) => [
      element('code', {}, token.id),
      STATES[token.state] ?? token.state,
      instant(Date.parse(token.since), nowMs),
      why(token),
      where(token),
    ],
    isInTrouble: ({ code, accepted, discovery, advice }) =>
      code !== null ||
      accepted === false ||
      (discovery !== null && discovery.code !== null) ||
      advice.some((each) => misleads(each.code) !== undefined),
  })
}

/** All that is wrong with it or worth a look. */
function why({ reason, retryInSeconds, accepted, advice, discovery }: Token): string {
  const next = retryInSeconds === null ? '' : `next attempt within ${retryInSeconds} s`
  const refused = accepted === false ? 'the puppet refuses this token' : ''
  const misled = discovery !== null && discovery.code !== null ? verdictWords(discovery.verdict) : ''
  return [reason, next, refused, misled, ...advice.map(({ text }) => text)]
    .filter((text) => text !== '')
    .join('; ')
}

function where({ discovery }: Token): string {
  if (discovery === null || discovery.host === null) return ''
  return discovery.port === null ? discovery.host : hostPort(discovery.host, discovery.port)
}
