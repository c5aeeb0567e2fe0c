import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { Networks } from '../../../src/net/networks.ts'
import { Connections } from '../../../src/registry/connections.ts'
import { Overload } from '../../../src/registry/overload.ts'
import { QuickClock } from '../../support/quick-clock.ts'

const UNHURRIED = new Overload(new QuickClock(), () => 0)

/** Opens connections from somewhere, and closes them. */
function begin(perAddress: number, proxies?: Networks, inAll = 1000) {
  const connections = new Connections({ inAll, perKey: perAddress }, proxies, UNHURRIED)
  return (remoteAddress: string | undefined): { admitted: boolean; close: () => void } => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress })
    const admitted = connections.admit(socket as unknown as Socket)
    return { admitted, close: () => void socket.emit('close') }
  }
}

it('admits so many from one address, and as many from another one', () => {
  const open = begin(2)
  expect([1, 2, 3].map(() => open('203.0.113.7').admitted)).toEqual([true, true, false])
  expect(open('203.0.113.8').admitted).toBe(true)
})

it('admits one more when one closes', () => {
  const open = begin(1)
  const first = open('203.0.113.7')
  expect(open('203.0.113.7').admitted).toBe(false)
  first.close()
  expect([open('203.0.113.7').admitted, open('203.0.113.7').admitted]).toEqual([true, false])
})

it('does not admit one more when a refused one closes', () => {
  const open = begin(1)
  open('203.0.113.7')
  open('203.0.113.7').close()
  expect(open('203.0.113.7').admitted).toBe(false)
})

it('counts an IPv4 address over a socket that listens on :: as the same, and a /64 as one address', () => {
  const open = begin(1)
  open('203.0.113.7')
  expect(open('::ffff:203.0.113.7').admitted).toBe(false)
  open('2001:db8:1:2::1')
  expect([open('2001:db8:1:2::2').admitted, open('2001:db8:1:3::2').admitted]).toEqual([false, true])
})

it('does not limit connections of a trusted proxy: all clients behind it have its address', () => {
  const open = begin(1, new Networks('10.0.0.0/8'))
  for (const from of ['10.0.0.1', '::ffff:10.0.0.1'])
    expect([1, 2, 3].map(() => open(from).admitted)).toEqual([true, true, true])
  expect([open('11.0.0.1').admitted, open('11.0.0.1').admitted]).toEqual([true, false])
})

it('does not admit connections that are gone already', () => {
  const open = begin(2)
  expect(open(undefined).admitted).toBe(false)
  expect(open('203.0.113.7').admitted).toBe(true)
})

it('does not count a connection that holds a registrant, nor its close', () => {
  const connections = new Connections({ inAll: 3, perKey: 1 }, undefined, UNHURRIED)
  const connect = (remotePort: number, localPort = 1) =>
    Object.assign(new EventEmitter(), {
      remoteAddress: '203.0.113.7',
      remotePort,
      localPort,
    }) as unknown as Socket
  const first = connect(1)
  expect(connections.admit(first)).toBe(true)
  expect(connections.admit(connect(2))).toBe(false)
  connections.promote(first)
  // From the same port of the other end to another one of ours: another connection.
  const second = connect(1, 2)
  expect(connections.admit(second)).toBe(true)
  first.emit('close')
  expect(connections.admit(connect(3))).toBe(false)
  second.emit('close')
  expect(connections.admit(connect(4))).toBe(true)
})

it('takes connections to different local addresses for different ones', () => {
  const connections = new Connections({ inAll: 9, perKey: 2 }, undefined, UNHURRIED)
  const connect = (localAddress: string) =>
    Object.assign(new EventEmitter(), {
      remoteAddress: '203.0.113.7',
      remotePort: 1,
      localAddress,
      localPort: 1,
    }) as unknown as Socket
  const [one, other] = [connect('192.0.2.1'), connect('192.0.2.2')]
  expect([one, other].map((socket) => connections.admit(socket))).toEqual([true, true])
  connections.promote(one)
  other.emit('close')
  // The one that is left holds a registrant, which counts elsewhere.
  const more = ['192.0.2.3', '192.0.2.4', '192.0.2.5'].map(connect)
  expect(more.map((socket) => connections.admit(socket))).toEqual([true, true, false])
})

it.each(['before', 'after'])(
  'counts each connection once, if the next one between the same ends comes %s the close of the last one',
  (when) => {
    const connections = new Connections({ inAll: 9, perKey: 2 }, undefined, UNHURRIED)
    const connect = (remotePort: number) =>
      Object.assign(new EventEmitter(), {
        remoteAddress: '203.0.113.7',
        remotePort,
        localAddress: '192.0.2.1',
        localPort: 1,
      }) as unknown as Socket
    const [last, next] = [connect(1), connect(1)]
    expect(connections.admit(last)).toBe(true)
    if (when === 'after') last.emit('close')
    expect(connections.admit(next)).toBe(true)
    if (when === 'before') last.emit('close')
    // There is room for one beside it, until it holds a registrant.
    expect([connect(2), connect(3)].map((socket) => connections.admit(socket))).toEqual([true, false])
    connections.promote(next)
    const third = connect(3)
    expect(connections.admit(third)).toBe(true)
    next.emit('close')
    expect(connections.admit(connect(4))).toBe(false)
    third.emit('close')
    expect(connections.admit(connect(4))).toBe(true)
  },
)

it('admits so many from all addresses together, registrants included', () => {
  const open = begin(2, undefined, 3)
  const all = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'].map(open)
  expect(all.map(({ admitted }) => admitted)).toEqual([true, true, true, false])
  all[0]?.close()
  expect(open('203.0.113.4').admitted).toBe(true)
})
