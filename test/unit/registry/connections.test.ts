import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { Connections } from '../../../src/registry/connections.ts'
import { networkList } from './network-list.ts'

/** Opens connections from somewhere, and closes them. */
function begin(atMost: number, proxies?: ReturnType<typeof networkList>) {
  const connections = new Connections(atMost, proxies)
  return (remoteAddress: string | undefined): { admitted: boolean; close: () => void } => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress })
    const admitted = connections.admit(socket as unknown as Socket)
    return { admitted, close: () => void socket.emit('close') }
  }
}

it('from one address so many are let in; another one has as many of its own', () => {
  const open = begin(2)
  expect([1, 2, 3].map(() => open('203.0.113.7').admitted)).toEqual([true, true, false])
  expect(open('203.0.113.8').admitted).toBe(true)
})

it('one that closes makes room for one', () => {
  const open = begin(1)
  const first = open('203.0.113.7')
  expect(open('203.0.113.7').admitted).toBe(false)
  first.close()
  expect([open('203.0.113.7').admitted, open('203.0.113.7').admitted]).toEqual([true, false])
})

it('one that was turned away makes no room when it closes', () => {
  const open = begin(1)
  open('203.0.113.7')
  open('203.0.113.7').close()
  expect(open('203.0.113.7').admitted).toBe(false)
})

it('an address is the same over a socket that listens on ::, and a /64 is one address', () => {
  const open = begin(1)
  open('203.0.113.7')
  expect(open('::ffff:203.0.113.7').admitted).toBe(false)
  open('2001:db8:1:2::1')
  expect([open('2001:db8:1:2::2').admitted, open('2001:db8:1:3::2').admitted]).toEqual([false, true])
})

it('those of a trusted proxy are not limited: everybody behind it has its address', () => {
  const open = begin(1, networkList('10.0.0.0/8'))
  for (const from of ['10.0.0.1', '::ffff:10.0.0.1'])
    expect([1, 2, 3].map(() => open(from).admitted)).toEqual([true, true, true])
  expect([open('11.0.0.1').admitted, open('11.0.0.1').admitted]).toEqual([true, false])
})

it('those that are gone before anybody asked where they come from are counted together', () => {
  const open = begin(1)
  const first = open(undefined)
  expect(open(undefined).admitted).toBe(false)
  first.close()
  expect(open(undefined).admitted).toBe(true)
})
