import { expect, it } from 'vitest'
import { roomInMemory } from '../../../src/config/memory-limit.ts'

const MIB = 2 ** 20
const WISHED = { registrants: 50_000, clients: 10_000 }

it('without a limit on memory there is room for all that is wished', () => {
  expect(roomInMemory(WISHED, undefined, false)).toEqual(WISHED)
  expect(roomInMemory(WISHED, 64 * 1024 * MIB, true)).toEqual(WISHED)
})

it('the 384 MiB of the manifest have room for its 20,000 registrants, and for clients beside them', () => {
  const { registrants, clients } = roomInMemory({ registrants: 20_000, clients: 10_000 }, 384 * MIB, false)
  expect(registrants).toBe(20_000)
  expect(clients).toBeGreaterThan(2000)
})

it('registrants get seven eighths at most, and connections over TLS cost more', () => {
  const plain = roomInMemory(WISHED, 384 * MIB, false)
  const tls = roomInMemory(WISHED, 384 * MIB, true)
  expect(plain).toEqual({ registrants: 22_155, clients: 1450 })
  expect(tls).toEqual({ registrants: 5077, clients: 544 })
})

it('however little there is, somebody may register and ask', () => {
  expect(roomInMemory(WISHED, 32 * MIB, false)).toEqual({ registrants: 1, clients: 64 })
})
