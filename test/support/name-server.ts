import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'

/** What the server says about a name: addresses of both families, nothing at all, or an error. */
export type NameRecord =
  | readonly string[]
  | 'silent'
  | 'servfail'
  | { readonly afterMs: number; readonly addresses: readonly string[] }

export interface Question {
  readonly name: string
  readonly type: 'A' | 'AAAA'
}

const TYPES = { 1: 'A', 28: 'AAAA' } as const
const RESPONSE = 0x8180
const SERVFAIL = 2
const NXDOMAIN = 3
const HEADER_BYTES = 12

/** A name server on UDP (RFC 1035) that says what a test wants. A name that is not in `records` does not exist. */
export class NameServer {
  readonly records = new Map<string, NameRecord>()
  /** What it says about every other name; undefined: that it does not exist. */
  others: NameRecord | undefined
  readonly questions: Question[] = []
  /** About which it says nothing. */
  ignoredType: Question['type'] | undefined
  readonly #socket: Socket = createSocket('udp4')
  readonly #timers = new Set<NodeJS.Timeout>()

  static async start(address = '127.0.0.1', port = 0): Promise<NameServer> {
    const server = new NameServer()
    await new Promise<void>((resolve) => server.#socket.bind(port, address, resolve))
    server.#socket.on('message', (query, from) => server.#answer(query, from))
    return server
  }

  /** In the form of `Resolver.setServers`. */
  get address(): string {
    const { address, port } = this.#socket.address()
    return `${address}:${port}`
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#socket.close()
  }

  #answer(query: Buffer, from: RemoteInfo): void {
    const labels: string[] = []
    let at = HEADER_BYTES
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
    const type = TYPES[query.readUInt16BE(at + 1) as 1 | 28]
    const name = labels.join('.').toLowerCase()
    this.questions.push({ name, type })
    const record = this.records.get(name) ?? this.others
    if (record === 'silent' || type === this.ignoredType) return
    const question = query.subarray(HEADER_BYTES, at + 5)
    const send = (code: number, addresses: readonly string[]): void =>
      this.#socket.send(
        reply(
          query,
          question,
          code,
          addresses.filter((address) => isOf(type, address)),
        ),
        from.port,
        from.address,
      )
    if (record === undefined) return send(NXDOMAIN, [])
    if (record === 'servfail') return send(SERVFAIL, [])
    if ('afterMs' in record) {
      this.#timers.add(setTimeout(() => send(0, record.addresses), record.afterMs))
      return
    }
    send(0, record)
  }
}

function isOf(type: Question['type'], address: string): boolean {
  return address.includes(':') === (type === 'AAAA')
}

function reply(query: Buffer, question: Buffer, code: number, addresses: readonly string[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(RESPONSE | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  return Buffer.concat([header, question, ...addresses.map(resourceRecord)])
}

/** With a pointer to the name in the question, and a time to live of 0. */
function resourceRecord(address: string): Buffer {
  const data = bytesOf(address)
  const head = Buffer.from([
    0xc0,
    HEADER_BYTES,
    0,
    data.length === 4 ? 1 : 28,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    data.length,
  ])
  return Buffer.concat([head, data])
}

/** IPv6 as tests write it: `::1`, or eight groups. */
function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [left = [], right = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
