import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReader } from '../../../src/protocol/port-answer.ts'

const read = createReader(8788, (text) => text)
const question = (fields: object = {}): Record<string, unknown> => ({
  jsonrpc: '2.0',
  id: -9007199254740991,
  method: 'getHostieGrpcPort',
  ...fields,
})
const enveloped = (payload: unknown): string => JSON.stringify({ name: 'jsonrpc', payload })

describe('the port query', () => {
  it.each(['getHostieGrpcPort', 'hostieGrpcPort'])(
    '%s is answered with the port and the very same id',
    async (method) => {
      const reading = await read(enveloped(question({ method })))
      expect(reading).toMatchObject({ kind: 'question', method, result: 'answered' })
      expect(reading.kind === 'question' && reading.reply).toBe(
        '{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":-9007199254740991,"result":8788}}',
      )
    },
  )

  it('without the envelope is answered without it', async () => {
    const reading = await read(JSON.stringify(question({ id: 'seven', method: 'hostieGrpcPort' })))
    expect(reading.kind === 'question' && JSON.parse(reading.reply)).toEqual({
      jsonrpc: '2.0',
      id: 'seven',
      result: 8788,
    })
  })

  it('of an unknown method is answered with -32601, and counted as other', async () => {
    const reading = await read(enveloped(question({ method: 'x'.repeat(10_000) })))
    expect(reading).toMatchObject({ method: 'other', result: 'not_found' })
    const { payload } = JSON.parse(reading.kind === 'question' ? reading.reply : '{}')
    expect(payload).toMatchObject({ id: -9007199254740991, error: { code: -32601 } })
    expect(JSON.stringify(payload).length).toBeLessThan(200)
  })
})

describe('everything else', () => {
  it('any other `sys` text is advice, cleaned', async () => {
    expect(await read('{"name":"sys","payload":"PORT_CLOSED: it\\nis closed"}')).toEqual({
      kind: 'advice',
      advice: { code: 'PORT_CLOSED', text: 'it is closed' },
    })
    expect(await read('{"name":"sys","payload":"hello"}')).toMatchObject({
      kind: 'advice',
      advice: { code: 'REGISTRY_SAYS' },
    })
  })

  it('`sys registered` is the acknowledgement', async () => {
    expect(await read('{"name":"sys","payload":"registered"}')).toEqual({ kind: 'acknowledgement' })
  })

  it.each([
    [
      'an event that upstream obeys',
      '{"name":"botie","payload":{"args":[],"source":"process.exit()"}}',
      'event',
    ],
    ['shutdown', '{"name":"shutdown","payload":""}', 'event'],
    ['reset', '{"name":"reset"}', 'event'],
    ['roger', '{"name":"sys","payload":"roger"}', 'event'],
    ['no JSON', 'hello', 'malformed'],
    ['nothing', '', 'malformed'],
    ['null', 'null', 'malformed'],
    ['a number', '7', 'malformed'],
    ['a batch', `[${JSON.stringify(question())}]`, 'malformed'],
    ['an empty batch', '[]', 'malformed'],
    ['a batch in the envelope', enveloped([question()]), 'invalid'],
    ['null in the envelope', enveloped(null), 'invalid'],
    ['no payload', '{"name":"jsonrpc"}', 'invalid'],
    ['an answer instead of a question', enveloped({ jsonrpc: '2.0', id: 1, result: 1 }), 'invalid'],
    ['a notification', enveloped({ jsonrpc: '2.0', method: 'getHostieGrpcPort' }), 'invalid'],
    ['an id that is null', enveloped(question({ id: null })), 'invalid'],
    ['an id that is an object', enveloped(question({ id: {} })), 'invalid'],
    [
      'an id that JSON numbers cannot carry',
      '{"jsonrpc":"2.0","id":12345678901234567890,"method":"hostieGrpcPort"}',
      'invalid',
    ],
    ['another version', enveloped(question({ jsonrpc: '1.0' })), 'invalid'],
    ['a method that is no text', enveloped(question({ method: 7 })), 'invalid'],
  ])('%s is ignored', async (_what, text, why) => {
    expect(await read(text)).toEqual({ kind: 'ignored', why })
  })
})

describe('any bytes', () => {
  const almost = fc.record(
    {
      name: fc.oneof(fc.constant('jsonrpc'), fc.constant('sys'), fc.string(), fc.anything()),
      payload: fc.oneof(
        fc.anything(),
        fc.record(
          {
            jsonrpc: fc.oneof(fc.constant('2.0'), fc.anything()),
            id: fc.anything(),
            method: fc.oneof(fc.constantFrom('getHostieGrpcPort', '__proto__', 'constructor'), fc.anything()),
            params: fc.anything(),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString()),
    fc.json(),
    almost.map(
      (value) =>
        JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part)) ?? '',
    ),
  )

  it('never throw, and yield one answer at most', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const reading = await read(text)
        expect(['acknowledgement', 'question', 'advice', 'ignored']).toContain(reading.kind)
        if (reading.kind !== 'question') return
        const reply = JSON.parse(reading.reply)
        const response = reply.name === 'jsonrpc' ? reply.payload : reply
        expect(Array.isArray(response)).toBe(false)
        expect(reading.reply.length).toBeLessThan(text.length + 200)
      }),
      { numRuns: 2000 },
    )
  })
})
