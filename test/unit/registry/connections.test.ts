import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { Networks } from '../../../src/net/networks.ts'
import { Connections } from '../../../src/registry/connections.ts'
import { FrameBudget } from '../../../src/registry/frame-budget.ts'
import { REQUESTS } from '../../../src/registry/limits.ts'
import { Overload } from '../../../src/registry/overload.ts'
import { QuickClock } from '../../support/quick-clock.ts'

const UNHURRIED = new Overload(new QuickClock(), () => 0)
const HERE = '203.0.113.7'

interface Opened {
  readonly socket: Socket
  readonly isOpen: () => boolean
  readonly close: () => void
}

/** Opens connections from somewhere, and closes them. */
function begin(perAddress: number, proxies?: Networks, inAll = 1000) {
  const budget = new FrameBudget(new QuickClock(), REQUESTS)
  const connections = new Connections({ inAll, perKey: perAddress }, proxies, UNHURRIED, budget)
  let lastPort = 0
  const open = (remoteAddress: string | undefined, ends: Record<string, unknown> = {}): Opened => {
    let isOpen = true
    lastPort += 1
    const defaults = { remoteAddress, remotePort: lastPort, localAddress: '192.0.2.1', localPort: 1 }
    const emitter = Object.assign(new EventEmitter(), defaults, ends, {
      destroy: () => {
        isOpen = false
      },
    })
    const socket = emitter as unknown as Socket
    isOpen = connections.admit(socket)
    return { socket, isOpen: () => isOpen, close: () => void emitter.emit('close') }
  }
  const left = (all: readonly Opened[]): boolean[] => all.map(({ isOpen }) => isOpen())
  return { connections, open, left }
}

it('admits so many from one address, of which the oldest gives way to a newer one, and as many from another one', () => {
  const { open, left } = begin(2)
  const own = [1, 2, 3].map(() => open(HERE))
  const other = open('203.0.113.8')
  expect(left([...own, other])).toEqual([false, true, true, true])
})

it('nobody gives way when one has closed', () => {
  const { open, left } = begin(1)
  open(HERE).close()
  const own = [open(HERE)]
  expect(left(own)).toEqual([true])
})

it('counts an IPv4 address over a socket that listens on :: as the same, and a /64 as one address', () => {
  const { open, left } = begin(1)
  const four = [open(HERE), open(`::ffff:${HERE}`)]
  const six = [open('2001:db8:1:2::1'), open('2001:db8:1:2::2'), open('2001:db8:1:3::2')]
  expect([left(four), left(six)]).toEqual([
    [false, true],
    [false, true, true],
  ])
})

it('does not limit connections of a trusted proxy: all clients behind it have its address', () => {
  const { open, left } = begin(1, new Networks('10.0.0.0/8'))
  const through = ['10.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', '::ffff:10.0.0.1'].map((from) => open(from))
  expect(left(through)).toEqual([true, true, true, true])
  expect(left([open('11.0.0.1'), open('11.0.0.1')])).toEqual([false, true])
})

it('where places are short, who comes through a trusted proxy counts alone, and gives way last', () => {
  const { open, left } = begin(9, new Networks('10.0.0.0/8'), 4)
  const all = [open('10.0.0.1'), open('10.0.0.1'), open(HERE), open(HERE)]
  open('203.0.113.8')
  expect(left(all)).toEqual([true, true, false, true])
})

it('does not admit connections that are gone already', () => {
  const { open, left } = begin(2)
  expect(left([open(undefined), open(HERE)])).toEqual([false, true])
})

it('a connection that holds a registrant counts for no address, gives way to nobody, and to anybody when that has left', () => {
  const { connections, open, left } = begin(1, undefined, 2)
  const first = open(HERE)
  const place = connections.promote(first.socket)
  const second = open(HERE)
  expect([connections.size, connections.of(HERE)]).toEqual([2, 1])
  const third = open(HERE)
  expect(left([first, second, third])).toEqual([true, false, true])
  if (place !== undefined) connections.release(place)
  open('203.0.113.9')
  expect(left([first, third])).toEqual([false, true])
})

it('one whose request waits for its answer gives way after those that wait for nothing', () => {
  const { connections, open, left } = begin(3)
  const all = [1, 2, 3].map(() => open(HERE))
  const [first, second] = all
  if (first !== undefined) connections.setBusy(first.socket, true)
  if (second !== undefined) connections.setBusy(second.socket, true)
  if (second !== undefined) connections.setBusy(second.socket, false)
  open(HERE)
  expect(left(all)).toEqual([true, true, false])
  const more = [open(HERE), open(HERE)]
  expect([left(all), left(more)]).toEqual([
    [true, true, false],
    [false, true],
  ])
})

it('takes connections to different local addresses for different ones', () => {
  const { connections, open } = begin(2)
  const ends = (localAddress: string) => ({ remotePort: 1, localAddress })
  const one = open(HERE, ends('192.0.2.1'))
  const other = open(HERE, ends('192.0.2.2'))
  connections.promote(one.socket)
  other.close()
  expect([connections.size, connections.of(HERE)]).toEqual([1, 0])
})

it.each(['before', 'after'])(
  'counts each connection once, if the next one between the same ends comes %s the close of the last one',
  (when) => {
    const { connections, open } = begin(2)
    const last = open(HERE, { remotePort: 1 })
    if (when === 'after') last.close()
    const next = open(HERE, { remotePort: 1 })
    if (when === 'before') last.close()
    expect([connections.size, connections.of(HERE)]).toEqual([1, 1])
    connections.promote(next.socket)
    expect([connections.size, connections.of(HERE)]).toEqual([1, 0])
    next.close()
    expect([connections.size, connections.of(HERE)]).toEqual([0, 0])
  },
)

it('of an address that asks more than its share no more is read in this turn, and all again later; others are read from', async () => {
  const clock = new QuickClock()
  const budget = new FrameBudget(clock, REQUESTS)
  const connections = new Connections({ inAll: 1000, perKey: 1000 }, undefined, UNHURRIED, budget)
  let lastPort = 0
  const open = (remoteAddress: string) => {
    lastPort += 1
    const reading = { is: true }
    const ends = { remoteAddress, remotePort: lastPort, localAddress: '192.0.2.1', localPort: 1 }
    const read = (is: boolean) => (): void => {
      reading.is = is
    }
    const flow = { pause: read(false), resume: read(true) }
    const socket = Object.assign(new EventEmitter(), ends, flow) as unknown as Socket
    connections.admit(socket)
    return { socket, reading }
  }
  const here = Array.from({ length: 20 }, () => open(HERE))
  const other = open('203.0.113.8')
  for (let time = 0; time < 16; time += 1) for (const { socket } of here) connections.asked(socket)
  for (let time = 0; time < REQUESTS.always - 1; time += 1) connections.asked(other.socket)
  await new Promise((resolve) => process.nextTick(resolve))
  expect(here.some(({ reading }) => reading.is)).toBe(false)
  expect(other.reading.is).toBe(true)
  clock.run(50)
  expect(here.every(({ reading }) => reading.is)).toBe(true)
})
