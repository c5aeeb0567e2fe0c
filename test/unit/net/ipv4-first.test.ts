import type { LookupFunction } from 'node:net'
import { expect, it } from 'vitest'
import { ipv4First } from '../../../src/net/ipv4-first.ts'

const SIX = { address: '2001:db8::1', family: 6 }
const FOUR = { address: '203.0.113.7', family: 4 }

const finds =
  (...found: readonly (typeof SIX)[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(null, [...found])
const look = (lookup: LookupFunction, all: boolean): Promise<unknown[]> =>
  new Promise((resolve) => ipv4First(lookup)('registry', { all }, (...answer) => resolve(answer)))

it('IPv4 addresses come first, and those of a family stay in their order', async () => {
  const other = { address: '203.0.113.8', family: 4 }
  expect(await look(finds(SIX, FOUR, other), true)).toEqual([null, [FOUR, other, SIX]])
  expect(await look(finds(SIX, FOUR), false)).toEqual([null, FOUR.address, 4])
  expect(await look(finds(SIX), false)).toEqual([null, SIX.address, 6])
})

it('an error is handed on', async () => {
  const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  const fails: LookupFunction = (_host, _options, callback) => callback(error, '')
  expect((await look(fails, true))[0]).toBe(error)
})
