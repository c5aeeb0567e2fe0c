import { isIP } from 'node:net'
import { withoutBrackets } from '../net/host-name.ts'
import { hostPort } from '../net/host-port.ts'
import { type Content, linesOf } from '../tokens/file-content.ts'
import { readStable } from '../tokens/stable-read.ts'
import { problemOf } from '../tokens/validate.ts'
import { Findings } from './config-error.ts'

/** Where bots connect to, and the token of the puppet that they reach there. */
export interface BotAddress {
  readonly host: string
  /** 0: the system chooses. */
  readonly port: number
  readonly token: string
}

/** An entry of CONNECT_LISTEN as it was written, and where it stands, in words that do not repeat it. */
export interface ListenEntry {
  readonly text: string
  readonly place: string
}

/** What CONNECT_LISTEN holds. */
export interface ListenEntries {
  readonly entries: readonly ListenEntry[]
  /** The file that they stand in, and what stands for its content; undefined if they stand in the variable itself. */
  readonly file: { readonly path: string; readonly digest: string } | undefined
}

export const CONNECT_LISTEN = 'CONNECT_LISTEN'
const DEFAULT_HOST = '127.0.0.1'
const ANYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
/** Each address is a socket that listens, and there are at most so many connections of bots. */
const ADDRESSES_MAX = 10_000
/** As many problems of a list are named: they stand in one line of the log, and in each answer of `/status`. */
const NAMED = 10
const NEWLINE = 0x0a

/** Reads CONNECT_LISTEN: one address for the one token that is configured, or a list of `[host:]port=token`, or the path of a file with such a list. */
export async function readListenEntries(text: string, findings: Findings): Promise<ListenEntries> {
  if (!/^\.{0,2}\//.test(text)) return { entries: entriesOfList(text), file: undefined }
  const reading = await readStable(text)
  if (reading.kind === 'trouble') {
    findings.problem(CONNECT_LISTEN, reading.message, reading.code)
    return { entries: [], file: undefined }
  }
  const { content } = reading
  return {
    entries: entriesOfContent(content, findings),
    file: { path: text, digest: content.digest },
  }
}

function entriesOfList(text: string): readonly ListenEntry[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  return words.map((word, index) => {
    return { text: word, place: words.length === 1 ? '' : `entry ${index + 1} ` }
  })
}

/** @param isChange whether it is read while the program runs: what has no newline at its end may be half written then */
export function entriesOfContent(
  { files, swapped }: Content,
  findings: Findings,
  isChange = false,
): readonly ListenEntry[] {
  const [file] = files
  if (file === undefined || file.name !== '') {
    findings.problem(CONNECT_LISTEN, 'is a folder; give a file', 'FILE_UNREADABLE')
    return []
  }
  const { bytes } = file
  if (isChange && !swapped && bytes.length > 0 && bytes.at(-1) !== NEWLINE) {
    const message = 'has no newline at its end yet: it may be half written; end it with a newline'
    findings.problem(CONNECT_LISTEN, message, 'FILE_UNFINISHED')
  }
  const lines = linesOf(bytes).filter(({ token }) => token !== '')
  if (lines.length === 0)
    findings.problem(CONNECT_LISTEN, 'holds no line like 8788=insecure_…', 'TOKEN_MISSING')
  return lines.map(({ token, number }) => ({ text: token, place: `line ${number} ` }))
}

/** What entries mean together with the tokens that are configured elsewhere, and which of them clash with each other or with the endpoints. */
export function botAddressesOf(
  entries: readonly ListenEntry[],
  tokens: readonly string[],
  admin: { readonly host: string; readonly port: number },
  findings: Findings,
): readonly BotAddress[] {
  if (entries.length > ADDRESSES_MAX) {
    findings.problem(CONNECT_LISTEN, 'holds more than 10,000 addresses; is it the right file?')
    return []
  }
  const found = new Findings()
  const addresses = entries.flatMap((entry) => readEntry(entry, tokens, found) ?? [])
  checkClashes(addresses, admin, found)
  findings.problems.push(...found.problems.slice(0, NAMED))
  const more = found.problems.length - NAMED
  if (more > 0) findings.problem(CONNECT_LISTEN, `has ${more} more problems; mend these first`)
  const isTaken = addresses.some(({ token }) => tokens.includes(token))
  if (tokens.length > 0 && addresses.length > 0 && !isTaken) {
    const message =
      'gives each address a token of its own: the token that is configured elsewhere is not used'
    findings.warn(CONNECT_LISTEN, message, 'VARIABLE_CONFLICT')
  }
  return addresses
}

function readEntry(
  { text, place }: ListenEntry,
  tokens: readonly string[],
  findings: Findings,
): BotAddress | undefined {
  const [address = '', own] = splitAtFirst(text, '=')
  const { host, port } = splitAddress(address)
  if (host === undefined || port === undefined) {
    const example = 'write port, host:port, or port=token, for example 127.0.0.1:8788'
    return findings.problem(CONNECT_LISTEN, `${place}is not an address; ${example}`)
  }
  if (own === undefined) {
    const [token] = tokens
    if (token === undefined) {
      const message = `${place}has no token; set WECHATY_PUPPET_SERVICE_TOKEN or WECHATY_PUPPET_SERVICE_TOKEN_FILE, or write ${port}=insecure_…`
      return findings.problem(CONNECT_LISTEN, message, 'TOKEN_MISSING')
    }
    if (tokens.length > 1) {
      const message = `${place}is one address for ${tokens.length} tokens; give each token its own: ${port}=insecure_…, ${port + 1}=insecure_…`
      return findings.problem(CONNECT_LISTEN, message)
    }
    return { host, port, token }
  }
  const mistake = own === '' ? 'is missing' : problemOf(own)
  if (mistake !== undefined)
    return findings.problem(CONNECT_LISTEN, `${place}has a token that ${mistake}`, 'TOKEN_INVALID')
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

/** Finds ports that are given twice, where nothing could be listened on. */
function checkClashes(
  addresses: readonly BotAddress[],
  admin: { readonly host: string; readonly port: number },
  findings: Findings,
): void {
  const hosts = new Map<number, Set<string>>()
  for (const { host, port } of addresses) {
    const others = hosts.get(port) ?? new Set()
    if (clashes(host, others)) {
      findings.problem(
        CONNECT_LISTEN,
        `has ${hostPort({ host, port })} twice; give one of them another port`,
        'PORT_TAKEN',
      )
    }
    hosts.set(port, others.add(host))
  }
  if (admin.port === 0 || !clashes(admin.host, hosts.get(admin.port) ?? new Set())) return
  findings.problem('CONNECT_ADMIN_PORT', `is a port of ${CONNECT_LISTEN} too; choose another`, 'PORT_TAKEN')
}

/** Whether a host cannot be listened on beside the others, on one port. */
function clashes(host: string, others: ReadonlySet<string>): boolean {
  if (others.has(host)) return true
  return ANYWHERE.has(host) ? others.size > 0 : [...ANYWHERE].some((each) => others.has(each))
}
