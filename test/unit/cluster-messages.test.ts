import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MESSAGE_MAX_BYTES,
  readMemberMessage,
  readNodeMessage,
  readReply,
  readTokenMessage,
} from '../../src/registry/cluster/messages.ts'

const READERS = [readTokenMessage, readNodeMessage, readMemberMessage, readReply]
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const node = '0123456789abcdef'
const count = { registrants: 1, oldest: 2 }
const claim = {
  kind: 'claim',
  node,
  number: 3,
  isFresh: true,
  isAgain: false,
  link: '',
  origin: node,
  ...count,
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
    const hash = 'ab'.repeat(32)
    const gaveWay = { kind: 'gaveWay', node, hash, number: 4, origin: node, ...count }
    const displace = { kind: 'displace', hash, number: 4 }
    for (const message of [claim, { kind: 'count', node, ...count }]) {
      expect(readTokenMessage(bytesOf(JSON.stringify(message)))).toEqual(message)
    }
    for (const message of [gaveWay, displace]) {
      expect(readNodeMessage(bytesOf(JSON.stringify(message)))).toEqual(message)
    }
  })

  it.each(Object.keys(claim))('is none where %s is of another kind', (name) => {
    expect(readTokenMessage(bytesOf(JSON.stringify({ ...claim, [name]: null })))).toBeUndefined()
  })

  it('is none where it is too large', () => {
    const padded = JSON.stringify(claim).padEnd(MESSAGE_MAX_BYTES + 1)
    expect(readTokenMessage(bytesOf(padded))).toBeUndefined()
    expect(readTokenMessage(bytesOf(padded.slice(0, MESSAGE_MAX_BYTES)))).toEqual(claim)
  })
})
