import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MESSAGE_MAX_BYTES, NUMBER_MAX } from '../../src/registry/cluster/message-fields.ts'
import {
  HASHES_MAX,
  readMemberMessage,
  readNodeMessage,
  readTokenMessage,
} from '../../src/registry/cluster/messages.ts'
import { RIVALS_MAX, readReply } from '../../src/registry/cluster/replies.ts'

const READERS = [readTokenMessage, readNodeMessage, readMemberMessage, readReply]
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const messageOf = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value))
const node = '0123456789abcdef'
const hash = 'ab'.repeat(32)
const time = { time: 7, origin: node }
const count = { registrants: 1, oldest: 2 }
const claim = { kind: 'claim', node, number: 3, link: '', ...time, ...count }
const report = { hash, number: 3, rivals: [{ node, number: 4 }] }
const here = {
  kind: 'here',
  ...time,
  hearsForMs: 5,
  has: [report, { ...report, rivals: [] }],
  gaveUp: [hash],
}

describe('a message of another node', () => {
  it('is read, or is none: whatever the bytes are, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytesOf)), (data) => {
        for (const readMessage of READERS) readMessage(data)
      }),
    )
  })

  it('is read as it was written', () => {
    const { link, ...left } = { ...claim, kind: 'left' }
    const others = [left, { kind: 'count', node, ...count }, { kind: 'question' }]
    for (const message of [claim, { ...claim, link: hash }, ...others])
      expect(readTokenMessage(messageOf(message))).toEqual(message)
    const question = { kind: 'question', hash, number: 4, isSecond: false }
    const displace = { kind: 'displace', hash, number: 4 }
    for (const message of [question, displace, { kind: 'rollCall', hashes: [hash] }])
      expect(readNodeMessage(messageOf(message))).toEqual(message)
    const answer = { kind: 'answer', node, result: 'unusable', reason: 'x' }
    for (const message of [here, answer, { kind: 'moved' }, { kind: 'none' }])
      expect(readReply(messageOf(message))).toEqual(message)
  })

  it.each<[string, object]>([
    ['a time', { time: NUMBER_MAX + 1 }],
    ['how long its node hears others', { hearsForMs: -1 }],
    ['what a node has', { has: [{ ...report, number: '3' }] }],
    ['what it has heard of others', { has: [{ ...report, rivals: [{ node: 'x', number: 3 }] }] }],
    ['what it has given up', { gaveUp: ['x'] }],
    ['more than was asked for', { has: Array.from({ length: HASHES_MAX + 1 }, () => report) }],
  ])('is no answer to a roll call where %s is of another kind', (_, wrong) => {
    expect(readReply(messageOf({ ...here, ...wrong }))).toBeUndefined()
  })

  it('fits where a node has as many tokens as a roll call is about', () => {
    const full = Array.from({ length: HASHES_MAX }, () => ({
      hash,
      number: NUMBER_MAX,
      rivals: Array.from({ length: RIVALS_MAX }, () => ({ node, number: NUMBER_MAX })),
    }))
    expect(readReply(messageOf({ ...here, has: full, gaveUp: [] }))).toBeDefined()
    const hashes = Array.from({ length: HASHES_MAX }, () => hash)
    expect(readReply(messageOf({ ...here, has: [], gaveUp: hashes }))).toBeDefined()
    expect(readNodeMessage(messageOf({ kind: 'rollCall', hashes }))).toBeDefined()
    expect(readNodeMessage(messageOf({ kind: 'rollCall', hashes: [...hashes, hash] }))).toBeUndefined()
  })

  it.each(Object.keys(claim))('is none where %s is of another kind', (name) => {
    expect(readTokenMessage(messageOf({ ...claim, [name]: null }))).toBeUndefined()
  })

  it('is none where it is too large', () => {
    const padded = JSON.stringify(claim).padEnd(MESSAGE_MAX_BYTES + 1)
    expect(readTokenMessage(bytesOf(padded))).toBeUndefined()
    expect(readTokenMessage(bytesOf(padded.slice(0, MESSAGE_MAX_BYTES)))).toEqual(claim)
  })
})
