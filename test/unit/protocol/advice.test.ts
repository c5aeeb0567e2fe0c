import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ADVICE_CODES,
  ADVICE_MAX,
  type AdviceCode,
  formatAdvice,
  isAllClear,
  isUnpublished,
  readAdvice as read,
  topicOf,
} from '../../../src/protocol/advice.ts'
import type { Envelope } from '../../../src/protocol/envelope.ts'

const SECRET = 'insecure_0123456789-0123456789'
const readAdvice = (event: Envelope) => read(event, (text) => text.replaceAll(SECRET, '[token]'))
const sys = (payload: unknown) => ({ name: 'sys', payload })

describe('an advice', () => {
  it.each(ADVICE_CODES.filter((code) => code !== 'REGISTRY_SAYS'))(
    'is read as it was written: %s',
    (code) => {
      const advice = {
        code,
        text: '203.0.113.7:8788 cannot be opened from the registry: nothing listens there',
      }
      expect(readAdvice(formatAdvice(advice))).toEqual(advice)
    },
  )

  it('is a text, so that registrants of others can show it', () => {
    expect(formatAdvice({ code: 'PORT_OPEN', text: 'it can be opened' })).toEqual(
      sys('PORT_OPEN: it can be opened'),
    )
  })

  it.each(['hello', 'PORT_UNKNOWN: what', 'PORT_OPEN:', 'port_open: x', 'registered and well'])(
    'is any text of a registry, under a code of its own: %s',
    (text) => {
      expect(readAdvice(sys(text))).toEqual({ code: 'REGISTRY_SAYS', text })
    },
  )

  it.each([undefined, null, 7, {}, { text: 'x' }, ['x'], '', ' \n ', '\u0000'])('is not in %j', (payload) => {
    expect(readAdvice(sys(payload))).toBeUndefined()
  })

  it('is not in another event', () => {
    expect(readAdvice({ name: 'login', payload: 'PORT_OPEN: x' })).toBeUndefined()
  })

  it('is one printable line', () => {
    expect(readAdvice(sys('PORT_CLOSED: a\r\nb\u001b[31mc\u202e d'))?.text).toBe('a b [31mc d')
  })

  it('loses secrets before it is cut: half of a one would not be recognised', () => {
    expect(readAdvice(sys(`PORT_CLOSED: of ${SECRET}`))?.text).toBe('of [token]')
    for (let length = 150; length < 1100; length += 1) {
      const { text = '' } = readAdvice(sys(`${'word '.repeat(length / 5)}${SECRET} ${SECRET}`)) ?? {}
      expect(text).not.toContain('insecure')
      expect(text.length).toBeLessThanOrEqual(ADVICE_MAX + 1)
    }
  })

  it('is printable and short, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (payload) => {
        const { text = ' ' } = readAdvice(sys(payload)) ?? {}
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/u)
        expect([...text].length).toBeLessThanOrEqual(ADVICE_MAX + 1)
      }),
    )
  })
})

it('an all-clear is about what was told before', () => {
  const clear = ADVICE_CODES.filter(isAllClear)
  expect(clear).toEqual(['PORT_OPEN', 'TOKEN_ALONE'])
  for (const code of clear) {
    const others = ADVICE_CODES.filter((other) => topicOf(other) === topicOf(code) && !isAllClear(other))
    expect(others).not.toEqual([])
  }
})

it('that nobody can find it is what the codes say that begin so', () => {
  const codes: readonly AdviceCode[] = ADVICE_CODES.filter(isUnpublished)
  expect(codes.every((code) => topicOf(code) === 'address')).toBe(true)
  expect(codes).toHaveLength(5)
})
