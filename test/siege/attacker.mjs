// Strangers who obey every limit there is, from many addresses of loopback. Told what to do by the process that started it:
// {attack, …} begins one, {stop} ends it and says how often connections were opened and ended.
import { connect } from 'node:net'
import { setPriority } from 'node:os'

// They are elsewhere: they must not take the time of those whom they attack.
setPriority(19)

const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])
/** The first frame of a text in several, with 64 KiB less its header. */
const FRAGMENT = frame(0x01, Buffer.alloc(65_000, 'x'))
const EVENT = frame(0x81, Buffer.from('{"name":"dong","payload":"x"}'))
/** How many connections are opened in 10 ms at most: until as many as wanted have been opened once, and then. */
const AT_FIRST = 10
const LATER = 1

let port = 0
let stopped = false
let opened = 0
let ended = 0
let lastToken = 0
const sockets = new Set()
const timers = new Set()

function frame(first, payload) {
  const head = Buffer.alloc(payload.length < 126 ? 6 : 8)
  head[0] = first
  head[1] = 0x80 | Math.min(payload.length, 126)
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

function upgrade(token) {
  return [
    'GET /v0/websocket HTTP/1.1',
    'Host: registry',
    `Authorization: Token ${token}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: io|0.0.1|siege|127.0.0.9|8788',
    '\r\n',
  ].join('\r\n')
}

/** Opens a connection from an address; it is opened anew by `keep` when it has ended. */
function open(localAddress, onOpen) {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  opened += 1
  sockets.add(socket)
  socket.on('error', () => {})
  socket.on('close', () => {
    ended += 1
    sockets.delete(socket)
  })
  socket.once('connect', () => onOpen(socket))
  return socket
}

function every(ms, callback) {
  timers.add(setInterval(callback, ms))
}

/** Keeps so many connections, from addresses in turn. */
function keep({ addresses, count }, onOpen) {
  let turn = 0
  every(10, () => {
    for (let left = turn < count ? AT_FIRST : LATER; left > 0 && sockets.size < count; left -= 1) {
      turn += 1
      open(addresses[turn % addresses.length], onOpen)
    }
  })
}

/** Registers a token of its own, and answers pings. */
function register(socket, onRegistered = () => {}) {
  lastToken += 1
  socket.write(upgrade(`insecure_siege-${process.pid}-${lastToken}`))
  socket.on('data', (chunk) => {
    // A ping is two bytes; text of the registry never has them.
    if (chunk.includes(Buffer.from([0x89, 0x00]))) socket.write(PONG)
    if (chunk.includes('"registered"')) onRegistered()
  })
}

const ATTACKS = {
  /** Connections on which nothing comes. */
  silent: (given) => keep(given, (socket) => socket.resume()),
  /** Connections that ask once, and then nothing. */
  idle: (given) =>
    keep(given, (socket) => socket.resume().write('GET /v0/hosties/x HTTP/1.1\r\nHost: a\r\n\r\n')),
  /** Registrants that can be found. */
  registrants: (given) => keep(given, (socket) => register(socket)),
  /** Registrants that begin a message and never end it. */
  unfinished: (given) => keep(given, (socket) => register(socket, () => socket.write(FRAGMENT))),
  /** Registrants that send as many events as one may. */
  talkative(given) {
    // Each in one of ten groups, which send one after the other: strangers do not all send in the same moment.
    const groups = Array.from({ length: 10 }, () => ({
      talkers: new Set(),
      owed: 0,
      lastMs: performance.now(),
    }))
    keep(given, (socket) => {
      const { talkers } = groups[lastToken % groups.length]
      register(socket, () => talkers.add(socket))
      socket.on('close', () => talkers.delete(socket))
    })
    let turn = 0
    every(2, () => {
      turn += 1
      const group = groups[turn % groups.length]
      const nowMs = performance.now()
      const owed = group.owed + ((nowMs - group.lastMs) * given.perSecond) / 1000
      const count = Math.min(2, Math.floor(owed))
      Object.assign(group, { lastMs: nowMs, owed: Math.min(2, owed - count) })
      const events = Buffer.concat(Array.from({ length: count }, () => EVENT))
      if (count > 0) for (const socket of group.talkers) socket.write(events)
    })
  },
  /** Asks again and again for a token whose registrant is mute, many times on one connection, and drops it. */
  pipelined({ addresses: [address], count }) {
    const token = `insecure_mute-${process.pid}`
    const discovery = `GET /v0/hosties/${token} HTTP/1.1\r\nHost: a\r\n\r\n`
    open(address, (mute) => {
      mute.write(upgrade(token))
      // It reads nothing, and answers nothing.
      mute.once('readable', () => {
        let left = count
        every(20, () => {
          if (left <= 0) return
          left -= 1
          open(address, (socket) => {
            socket.write(discovery.repeat(16))
            setTimeout(() => socket.destroy(), 15)
          })
        })
      })
    })
  },
}

process.on('message', (message) => {
  if (message.attack) {
    port = message.port
    ATTACKS[message.attack](message)
    return
  }
  if (message.ask) {
    process.send({ opened, ended, open: sockets.size })
    return
  }
  if (stopped) return
  stopped = true
  for (const timer of timers) clearInterval(timer)
  for (const socket of sockets) socket.destroy()
  process.disconnect()
})
process.on('disconnect', () => process.exit())
