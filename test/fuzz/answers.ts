import type { Bytes } from './bytes.ts'
import { checkFrames } from './server-frames.ts'

/** Every status that the registry has a reason for. 500 is not among them. */
const STATUSES = new Set([100, 101, 200, 400, 401, 403, 404, 405, 408, 413, 414, 417, 426, 429, 431, 503])
/** Every header it sends; one that is not here was made up by the request. */
const NAMES = new Set(
  (
    'connection keep-alive date content-type content-length cache-control allow retry-after upgrade ' +
    'transfer-encoding sec-websocket-accept sec-websocket-protocol sec-websocket-version www-authenticate'
  ).split(' '),
)

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [ -~]*$/
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([\t -~]*)$/

/** What came back on one connection. */
export interface DetectedProtocol {
  readonly bytes: Bytes
  /** Whether the registry ended the connection in good order: then nothing may be missing. */
  readonly whole: boolean
}

/** Throws if what came back is anything but well-formed answers, one after the other, and frames after an upgrade. */
export function checkAnswers({ bytes, whole }: DetectedProtocol): void {
  let rest = bytes
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return whole ? fail('an answer without an end', rest) : undefined
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const status = Number(STATUS_LINE.exec(statusLine)?.[1])
    if (!STATUSES.has(status)) fail(`the status line ${JSON.stringify(statusLine)}`, rest)
    const headers = readHeaders(lines, rest)
    rest = rest.slice(end + 4)
    if (status === 101) return checkFrames(rest, whole)
    if (status === 100) continue
    if (headers.get('transfer-encoding') === 'chunked') {
      // Node.js itself answers a request without a Host so, with no body.
      if (rest.startsWith('0\r\n\r\n')) rest = rest.slice(5)
      continue
    }
    const length = Number(headers.get('content-length') ?? 0)
    const body = rest.slice(0, length)
    // A HEAD is answered with a length and no body: what follows is the next answer, or nothing.
    if (body === '' || body.startsWith('HTTP/1.1 ')) continue
    if (body.length < length) return whole ? fail('a body that is too short', bytes) : undefined
    if (headers.get('content-type') === 'application/json') checkBody(status, body)
    rest = rest.slice(length)
  }
}

function readHeaders(lines: readonly string[], answer: Bytes): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER.exec(line) ?? fail(`the header ${JSON.stringify(line)}`, answer)
    const key = name.toLowerCase()
    if (!NAMES.has(key)) fail(`the header ${JSON.stringify(line)}`, answer)
    if (headers.has(key)) fail(`${name} twice`, answer)
    headers.set(key, value)
  }
  return headers
}

function checkBody(status: number, body: string): void {
  const { host, ip, port } = JSON.parse(body)
  if (typeof host !== 'string' || typeof ip !== 'string') fail('no host or no ip', body)
  const good = status === 200 ? Number.isInteger(port) && port >= 1 && port <= 65_535 : port === 0
  if (!good || (status === 200) === (ip === '0.0.0.0')) fail(`a ${status}`, body)
}

function fail(what: string, bytes: Bytes): never {
  throw new Error(`the registry answered with ${what}: ${JSON.stringify(bytes.slice(0, 600))}`)
}
