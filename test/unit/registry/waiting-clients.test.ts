import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WaitingClients } from '../../../src/registry/waiting-clients.ts'

const connection = (): Duplex => new EventEmitter() as unknown as Duplex
const HERE = '203.0.113.7'
const THERE = '203.0.113.8'

describe('clients that wait', () => {
  it('are limited for each address, and in all', () => {
    const waiting = new WaitingClients<string>({ perAddress: 2, inAll: 10 })
    const on = connection()
    const addresses = [HERE, HERE, HERE, THERE, THERE]
    // Of the ten an eighth is two; of the eight that are left it is one.
    expect(addresses.map((address) => waiting.enter(address, on, 'x') !== undefined)).toEqual([
      true,
      true,
      false,
      true,
      false,
    ])
    expect(waiting.size).toBe(3)
  })

  it('of one address are at most an eighth of what is left: who comes from elsewhere finds room', () => {
    const waiting = new WaitingClients<string>({ perAddress: 1000, inAll: 10_000 })
    const enter = (address: string): boolean => waiting.enter(address, connection(), 'x') !== undefined
    for (let count = 0; count < 2000; count += 1) enter(HERE)
    expect(waiting.of(HERE)).toBe(1000)
    for (let address = 0; address < 30; address += 1)
      for (let count = 0; count < 1000; count += 1) enter(`198.51.100.${address}`)
    expect(enter(THERE)).toBe(true)
  })

  it('make room when they are answered, once', () => {
    const waiting = new WaitingClients<string>({ perAddress: 1, inAll: 90 })
    const leave = waiting.enter(HERE, connection(), 'here')
    expect([leave?.(), leave?.()]).toEqual(['here', undefined])
    expect(waiting.enter(HERE, connection(), 'next')).toBeDefined()
    expect(waiting.enter(HERE, connection(), 'more')).toBeUndefined()
  })

  it('whose connection is closed get no answer, and count until it is there: what they began goes on', () => {
    const waiting = new WaitingClients<string>({ perAddress: 4, inAll: 90 })
    const [one, other] = [connection(), connection()]
    const leaves = [1, 2, 3].map((number) => waiting.enter(HERE, one, `${number}`))
    const left = waiting.enter(HERE, other, 'left')
    one.emit('close')
    expect([waiting.size, waiting.enter(HERE, other, 'more')]).toEqual([4, undefined])
    expect(leaves.map((leave) => leave?.())).toEqual([undefined, undefined, undefined])
    expect([waiting.size, left?.()]).toEqual([1, 'left'])
  })

  it('share one listener on their connection, however many there are and were', () => {
    const waiting = new WaitingClients<number>({ perAddress: 99, inAll: 990 })
    const on = connection()
    for (let time = 0; time < 50; time += 1) waiting.enter(HERE, on, time)?.()
    for (let time = 0; time < 16; time += 1) waiting.enter(HERE, on, time)
    expect(on.listenerCount('close')).toBe(1)
  })
})

it('counts each client until its answer is there, and answers where the connection is open, whatever comes and goes', () => {
  const step = fc.record({
    what: fc.constantFrom('enter', 'answer', 'close'),
    which: fc.nat(5),
    address: fc.constantFrom(HERE, THERE),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const limits = { perAddress: 3, inAll: 24 }
      const waiting = new WaitingClients<number>(limits)
      const connections = Array.from({ length: 6 }, connection)
      let clients: {
        address: string
        on: Duplex
        leave: () => number | undefined
        name: number | undefined
      }[] = []
      for (const [name, { what, which, address }] of steps.entries()) {
        const on = connections[which] as Duplex
        const those = clients.filter((client) => client.address === address)
        if (what === 'enter') {
          const leave = waiting.enter(address, on, name)
          const isRefused =
            those.length >= Math.min(limits.perAddress, Math.ceil((limits.inAll - clients.length) / 8))
          expect(leave === undefined).toBe(isRefused)
          if (leave !== undefined) clients.push({ address, on, leave, name })
        }
        const [first] = those
        if (what === 'answer' && first !== undefined) {
          expect(first.leave()).toBe(first.name)
          clients = clients.filter((client) => client !== first)
        }
        if (what === 'close') {
          on.emit('close')
          connections[which] = connection()
          for (const client of clients) if (client.on === on) client.name = undefined
        }
        expect(waiting.size).toBe(clients.length)
      }
      for (const { leave, name } of clients) expect(leave()).toBe(name)
      expect(waiting.size).toBe(0)
      const free = connection()
      for (let time = 0; time < limits.perAddress; time += 1)
        expect(waiting.enter(HERE, free, time)).toBeDefined()
    }),
    { numRuns: 500 },
  )
})
