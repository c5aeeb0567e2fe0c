import { expect, it } from 'vitest'
import { hostAnswer, isHostQuery } from '../../../src/registry/host-query.ts'

it('is an event named hostie, and nothing else', () => {
  expect(isHostQuery({ kind: 'event', event: { name: 'hostie', payload: '' } })).toBe(true)
  expect(isHostQuery({ kind: 'event', event: { name: 'jsonrpc', payload: '' } })).toBe(false)
  expect([isHostQuery(undefined), isHostQuery({ kind: 'malformed' })]).toEqual([false, false])
})

it('is answered by an event of the same name', () => {
  expect(hostAnswer('203.0.114.7')).toEqual({ name: 'hostie', payload: '203.0.114.7' })
})
