import { element } from '../element.ts'
import { hostPort } from '../host-port.ts'
import { instant } from '../instant.ts'
import { createTokenTable, type TokenTable } from '../token-table/token-table.ts'
import type { Token } from './status.ts'
import { askedOf, isInTrouble, stateOf, troubleOf } from './token-words.ts'

/** The tokens, those in trouble first, then those that several registrants have. */
export function createRegistryTokens(): TokenTable<Token> {
  return createTokenTable<Token>({
    columns: ['Name', 'State', 'Since', 'What is wrong', 'Clients are sent to'],
    cells: (token, nowMs) => [
      element('code', {}, token.id),
      stateOf(token),
      since(token, nowMs),
      linesOf(troubleOf(token)),
      where(token),
    ],
    isInTrouble,
  })
}

function linesOf(lines: readonly string[]): Node | string {
  if (lines.length < 2) return lines[0] ?? ''
  return element('span', { class: 'lines' }, ...lines.map((line) => element('span', {}, line)))
}

function since({ registrants }: Token, nowMs: number): Node | string {
  const [newest] = registrants
  return newest === undefined ? '' : instant(Date.parse(newest.since), nowMs)
}

function where(token: Token): string {
  const { host = null, port = null } = askedOf(token) ?? {}
  if (host === null) return ''
  return port === null ? `${host}, port not asked yet` : hostPort(host, port)
}
