import { isIP } from 'node:net'
import { fileTrouble } from '../lib/file-trouble.ts'
import { readRegularFileSync } from '../lib/regular-file.ts'
import { withoutBrackets } from '../net/host-name.ts'
import { linesOf } from '../tokens/file-content.ts'
import { problemOf } from '../tokens/validate.ts'
import type { Findings } from './config-error.ts'

/** Where bots connect to, and the token of the puppet that they reach there. */
export interface BotAddress {
  readonly host: string
  /** 0: the system chooses. */
  readonly port: number
  readonly token: string
}

const VARIABLE = 'CONNECT_LISTEN'
const DEFAULT_HOST = '127.0.0.1'

/** An entry as it was written, and where it stands, in words that do not repeat it. */
interface Entry {
  readonly text: string
  readonly place: string
}

/**
 * Reads CONNECT_LISTEN: one address for the one token that is configured, or a list of `[host:]port=token`, or the path of a file that
 * holds such a list, one a line.
 *
 * @param tokens those that are configured elsewhere
 */
export function readBotAddresses(
  text: string,
  tokens: readonly string[],
  findings: Findings,
): readonly BotAddress[] {
  const entries = /^\.{0,2}\//.test(text) ? entriesOfFile(text, findings) : entriesOfList(text)
  const addresses = entries.flatMap((entry) => readEntry(entry, tokens, findings) ?? [])
  checkRepeated(addresses, findings)
  const isTaken = addresses.some(({ token }) => tokens.includes(token))
  if (tokens.length > 0 && addresses.length > 0 && !isTaken) {
    const message =
      'gives each address a token of its own: the token that is configured elsewhere is not used'
    findings.warn(VARIABLE, message, 'VARIABLE_CONFLICT')
  }
  return addresses
}

function entriesOfList(text: string): readonly Entry[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  return words.map((word, index) => {
    return { text: word, place: words.length === 1 ? '' : `entry ${index + 1} ` }
  })
}

function entriesOfFile(path: string, findings: Findings): readonly Entry[] {
  try {
    const lines = linesOf(readRegularFileSync(path)).filter(({ token }) => token !== '')
    if (lines.length === 0) findings.problem(VARIABLE, 'holds no line like 8788=insecure_…', 'TOKEN_MISSING')
    return lines.map(({ token, number }) => ({ text: token, place: `line ${number} ` }))
  } catch (error) {
    const { message, code } = fileTrouble(error)
    findings.problem(VARIABLE, message, code)
    return []
  }
}

function readEntry(
  { text, place }: Entry,
  tokens: readonly string[],
  findings: Findings,
): BotAddress | undefined {
  const [address = '', own] = splitAtFirst(text, '=')
  const { host, port } = splitAddress(address)
  if (host === undefined || port === undefined) {
    const example = 'write port, host:port, or port=token, for example 127.0.0.1:8788'
    return findings.problem(VARIABLE, `${place}is not an address; ${example}`)
  }
  if (own === undefined) {
    const [token] = tokens
    if (token === undefined) {
      const message = `${place}has no token; set WECHATY_PUPPET_SERVICE_TOKEN or WECHATY_PUPPET_SERVICE_TOKEN_FILE, or write ${port}=insecure_…`
      return findings.problem(VARIABLE, message, 'TOKEN_MISSING')
    }
    if (tokens.length > 1) {
      const message = `${place}is one address for ${tokens.length} tokens; give each token its own: ${port}=insecure_…, ${port + 1}=insecure_…`
      return findings.problem(VARIABLE, message)
    }
    return { host, port, token }
  }
  const mistake = problemOf(own)
  if (mistake !== undefined)
    return findings.problem(VARIABLE, `${place}has a token that ${mistake}`, 'TOKEN_INVALID')
  return { host, port, token: own }
}

function splitAtFirst(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + mark.length)]
}

/** `port`, `host:port` or `[address]:port`. */
function splitAddress(text: string): { readonly host?: string; readonly port?: number } {
  const [, written = DEFAULT_HOST, digits = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  const host = withoutBrackets(written)
  const port = Number(digits)
  const isHost =
    isIP(host) !== 0 ? isIP(host) === 4 || written.startsWith('[') : /^[a-z][a-z0-9._-]{0,252}$/i.test(host)
  return digits === '' || port > 65_535 || !isHost ? {} : { host, port }
}

function checkRepeated(addresses: readonly BotAddress[], findings: Findings): void {
  const seen = new Set<string>()
  for (const { host, port } of addresses) {
    const name = `${host}:${port}`
    if (seen.has(name))
      findings.problem(VARIABLE, `has ${name} twice; give one of them another port`, 'PORT_TAKEN')
    seen.add(name)
  }
}
