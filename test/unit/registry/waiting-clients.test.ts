import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WaitingClients } from '../../../src/registry/waiting-clients.ts'

const connection = (): Duplex => new EventEmitter() as unknown as Duplex
const notGivenUp = (): never => {
  throw new Error('there was room')
}
const HERE = '203.0.113.7'
const THERE = '203.0.113.8'

describe('clients that wait', () => {
  it('are limited for each address', () => {
    const waiting = new WaitingClients<string>({ perAddress: 2, inAll: 10 })
    const on = connection()
    const addresses = [HERE, HERE, HERE, THERE, THERE]
    const entered = addresses.map((address) => waiting.enter(address, on, 'x', notGivenUp) !== undefined)
    expect(entered).toEqual([true, true, false, true, true])
    expect(waiting.size).toBe(4)
  })

  it('give way where all places are taken: the oldest of the address that has most, however many addresses there are', () => {
    const waiting = new WaitingClients<string>({ perAddress: 1000, inAll: 10_000 })
    const givenUp: (string | undefined)[] = []
    const enter = (address: string, name: string): boolean =>
      waiting.enter(address, connection(), name, (open) => givenUp.push(open)) !== undefined
    for (let address = 0; address < 200; address += 1)
      for (let count = 0; count < 100; count += 1) enter(`198.51.100.${address}`, `${address}/${count}`)
    expect(waiting.size).toBe(10_000)
    const before = givenUp.length
    for (let time = 0; time < 20; time += 1) expect(enter(THERE, `honest ${time}`)).toBe(true)
    expect(givenUp.slice(before).every((name) => /^\d+\/\d+$/.test(name ?? ''))).toBe(true)
    expect([waiting.size, waiting.of(THERE)]).toEqual([10_000, 20])
  })

  it('that were given up have no answer any more, and are not told of one', () => {
    const waiting = new WaitingClients<string>({ perAddress: 5, inAll: 2 })
    const givenUp: (string | undefined)[] = []
    const enter = (address: string, on: Duplex, name: string) =>
      waiting.enter(address, on, name, (open) => givenUp.push(open))
    const gone = connection()
    const [first, second] = [enter(HERE, connection(), 'first'), enter(HERE, gone, 'second')]
    gone.emit('close')
    const third = enter(THERE, connection(), 'third')
    expect([first?.(), third?.()]).toEqual([undefined, 'third'])
    enter(THERE, connection(), 'fourth')
    enter('203.0.113.9', connection(), 'fifth')
    expect(second?.()).toBeUndefined()
    expect(givenUp).toEqual(['first', undefined])
  })

  it('make room when they are answered, once', () => {
    const waiting = new WaitingClients<string>({ perAddress: 1, inAll: 90 })
    const leave = waiting.enter(HERE, connection(), 'here', notGivenUp)
    expect([leave?.(), leave?.()]).toEqual(['here', undefined])
    expect(waiting.enter(HERE, connection(), 'next', notGivenUp)).toBeDefined()
    expect(waiting.enter(HERE, connection(), 'more', notGivenUp)).toBeUndefined()
  })

  it('whose connection is closed get no answer, and count until it is there: what they began goes on', () => {
    const waiting = new WaitingClients<string>({ perAddress: 4, inAll: 90 })
    const [one, other] = [connection(), connection()]
    const leaves = [1, 2, 3].map((number) => waiting.enter(HERE, one, `${number}`, notGivenUp))
    const left = waiting.enter(HERE, other, 'left', notGivenUp)
    one.emit('close')
    expect([waiting.size, waiting.enter(HERE, other, 'more', notGivenUp)]).toEqual([4, undefined])
    expect(leaves.map((leave) => leave?.())).toEqual([undefined, undefined, undefined])
    expect([waiting.size, left?.()]).toEqual([1, 'left'])
  })

  it('share one listener on their connection, however many there are and were', () => {
    const waiting = new WaitingClients<number>({ perAddress: 99, inAll: 990 })
    const on = connection()
    for (let time = 0; time < 50; time += 1) waiting.enter(HERE, on, time, notGivenUp)?.()
    for (let time = 0; time < 16; time += 1) waiting.enter(HERE, on, time, notGivenUp)
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
          const leave = waiting.enter(address, on, name, notGivenUp)
          expect(leave === undefined).toBe(those.length >= limits.perAddress)
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
        expect(waiting.enter(HERE, free, time, notGivenUp)).toBeDefined()
    }),
    { numRuns: 500 },
  )
})
