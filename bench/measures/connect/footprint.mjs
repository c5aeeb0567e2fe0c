import { once } from 'node:events'
import { connect } from 'node:net'
import { formatCount, kib, median, mib, percent } from '../../numbers.mjs'
import { Process, withProcesses } from '../../process.mjs'
import { memoryOf, schedulerCpuOf } from '../../process-usage.mjs'
import { now, sleep } from '../../time.mjs'
import { startPart, startWays } from './peers.mjs'

/** Processes of each kind, all at the same time: garbage is collected at random moments. */
const EACH = 3
const SETTLE_MS = 10_000
const WANTED_RATIO = 1.4
const WANTED_BYTES = 20_000
const WANTED_CPU = 0.001
/** Connections that are made at a time. */
const AT_A_TIME = 50
const NUMBER = Buffer.alloc(8)

/** Memory and idle processor time with one connection beside an empty node, then what more idle connections take, as many as `sizes` say. */
export function measureFootprint(sizes, cpuMs) {
  return withProcesses(async (keep) => {
    const puppet = keep(await startPart('byte-puppet.mjs'))
    const all = []
    const empty = []
    for (let count = 0; count < EACH; count += 1) {
      empty.push(keep(new Process(['-e', 'setInterval(() => {}, 1e6)'])))
      all.push(await startWays(keep, puppet.port, { CONNECT_UPSTREAM_TLS: 'off' }))
    }
    const sockets = []
    keep({ end: () => sockets.forEach((socket) => void socket.destroy()) })
    for (const { ports } of all)
      for (const way of ['relay', 'connect']) sockets.push(await openIdle(ports[way]))
    await sleep(SETTLE_MS)
    const kinds = { empty, connect: all.map(({ connect }) => connect), relay: all.map(({ relay }) => relay) }
    const one = residentOf(kinds)
    const cpu = await cpuOf(kinds, cpuMs)
    const rows = [...oneRows(one), cpuRow(cpu, cpuMs)]
    const [{ ports, connect, relay }] = all
    for (const size of sizes) {
      for (const way of ['relay', 'connect']) await openMany(sockets, ports[way], size)
      await sleep(SETTLE_MS)
      const each = ({ pid }, first) => (memoryOf(pid).resident - first) / (size - 1)
      rows.push(eachRow(size, each(connect, one.connect[0]), each(relay, one.relay[0])))
    }
    return rows
  })
}

/** Resolves when a byte has gone to the puppet and back. */
async function openIdle(port) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(Buffer.concat([NUMBER, Buffer.from('x')]))
  await once(socket, 'data')
  return socket
}

/** Opens connections until there are `count` to a port. */
async function openMany(sockets, port, count) {
  let left = count - sockets.filter(({ remotePort }) => remotePort === port).length
  while (left > 0) {
    const some = Math.min(left, AT_A_TIME)
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => openIdle(port)))))
    left -= some
  }
}

function residentOf(kinds) {
  return mapKinds(kinds, ({ pid }) => memoryOf(pid).resident)
}

/** Of one core, a share for each process. */
async function cpuOf(kinds, cpuMs) {
  const before = mapKinds(kinds, ({ pid }) => schedulerCpuOf(pid))
  const beganMs = now()
  await sleep(cpuMs)
  const seconds = (now() - beganMs) / 1000
  const after = mapKinds(kinds, ({ pid }) => schedulerCpuOf(pid))
  const shares = Object.entries(after).map(([kind, list]) => [
    kind,
    list.map((used, index) => (used - before[kind][index]) / seconds),
  ])
  return Object.fromEntries(shares)
}

function mapKinds(kinds, map) {
  return Object.fromEntries(Object.entries(kinds).map(([kind, list]) => [kind, list.map(map)]))
}

function oneRows({ connect, empty, relay }) {
  const row = (beside, words) => ({
    measure: `resident memory with one connection after ${SETTLE_MS / 1000} s: median of ${EACH}`,
    value: mib(median(connect)),
    beside: `${words}: ${mib(median(beside))}`,
    ratio: median(connect) / median(beside),
  })
  const besideEmpty = row(empty, 'empty node')
  return [
    {
      ...besideEmpty,
      wanted: `at most ${WANTED_RATIO} ×`,
      held: besideEmpty.ratio <= WANTED_RATIO,
      bounds: [
        { what: 'memory with one connection, beside an empty node', value: besideEmpty.ratio, most: 1.6 },
      ],
    },
    row(relay, 'bare relay'),
  ]
}

function cpuRow({ connect, empty }, cpuMs) {
  const used = median(connect)
  return {
    measure: `idle CPU with one connection over ${cpuMs / 1000} s, of one core: median of ${EACH}`,
    value: percent(used),
    beside: `empty node: ${percent(median(empty))}`,
    wanted: `under ${percent(WANTED_CPU)}`,
    held: used < WANTED_CPU,
    bounds: [{ what: 'idle CPU in percent', value: used * 100, most: 1 }],
  }
}

function eachRow(size, bytes, relayBytes) {
  return {
    measure: `resident memory of each further idle connection, of ${formatCount(size)}`,
    value: kib(bytes),
    beside: `bare relay: ${kib(relayBytes)}`,
    ratio: bytes / relayBytes,
    wanted: `at most ${WANTED_BYTES / 1000} KB`,
    held: bytes <= WANTED_BYTES,
    bounds: [
      { what: `memory of a connection of ${size}, beside a bare relay`, value: bytes / relayBytes, most: 4 },
    ],
  }
}
