import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { withoutMapping } from './ip-address.ts'

/** A TCP port of this network namespace on which somebody listens. */
export interface ListeningPort {
  /** `0.0.0.0` or `::`: every address. */
  readonly address: string
  readonly port: number
  /** The user whose process it is. */
  readonly uid: number
}

/** The two tables of Linux (proc_net_tcp(5)), which show the network namespace of the process that reads them. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
/** Number, local address and port, the peer's, the state, two queues, two timers, the retransmissions, and the user. */
const ROW = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+ +(\d+) /
/** The state LISTEN. */
const LISTEN = '0A'
/** A machine has some dozens; more would help nobody who looks for one. */
const PORTS_MAX = 256

/** Which ports are listened on, whoever does; none where the system does not say. Never throws. */
export function listeningPorts(read: (path: string) => string = readTable): readonly ListeningPort[] {
  const ports = TABLES.flatMap((path) => {
    try {
      return parse(read(path))
    } catch {
      // No Linux, no IPv6, or no /proc.
      return []
    }
  })
  return ports.slice(0, PORTS_MAX)
}

function readTable(path: string): string {
  return readFileSync(path, 'latin1')
}

function parse(table: string): readonly ListeningPort[] {
  return table.split('\n').flatMap((line) => {
    const [, address, port, state, uid] = ROW.exec(line) ?? []
    if (address === undefined || port === undefined || state !== LISTEN) return []
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), uid: Number(uid) }]
  })
}

/** An address stands there as words of 32 bits, each in the order of this machine. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => {
    const parts = (word.match(/../g) ?? []).map((part) => Number.parseInt(part, 16))
    return endianness() === 'LE' ? parts.reverse() : parts
  })
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  )
  // As `URL` writes it: in the shortest way. Java listens on IPv4 addresses as mapped ones.
  return withoutMapping(new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1))
}
