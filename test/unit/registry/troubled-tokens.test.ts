import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADVICE_CODES, isUnpublished } from '../../../src/protocol/advice.ts'
import type { Registrant } from '../../../src/registry/registrant.ts'
import { troubleOf, troubleRemedy, troubleWords } from '../../../src/registry/registrant-trouble.ts'
import { RegistrationTable } from '../../../src/registry/registration-table.ts'
import { TroubledTokens } from '../../../src/registry/troubled-tokens.ts'
import { createHarness, type RegistrantFixture, TOKEN } from './registry-harness.ts'

function begin() {
  const { clock, come } = createHarness()
  const table = new RegistrationTable<Registrant>()
  const closed = new Set<Registrant>()
  const isOpen = (registrant: Registrant): boolean => !closed.has(registrant)
  const troubled = new TroubledTokens(clock, table, isOpen)
  const changed = ({ token }: Registrant): void => troubled.changed(token)
  const join = (fixture: RegistrantFixture = {}) => {
    const left = (registrant: Registrant): void => {
      table.remove(registrant)
      changed(registrant)
    }
    const one = come({ ...fixture, left, unresponsive: changed, responsive: changed })
    table.add(one.registrant)
    changed(one.registrant)
    return one
  }
  const setOpen = (registrant: Registrant, open: boolean): void => {
    if (open) closed.delete(registrant)
    else closed.add(registrant)
    changed(registrant)
  }
  const seen = () =>
    [...troubled.troubles].map(({ code, sinceMs, tokens }) => ({ code, sinceMs, tokens: [...tokens] }))
  return { clock, table, troubled, isOpen, join, setOpen, seen }
}

describe('tokens in trouble', () => {
  it('are none where all is well', () => {
    const { troubled, join, seen } = begin()
    join()
    expect([troubled.size, seen()]).toEqual([0, []])
  })

  it('have a kind of trouble since the first of them has it, until none has it any more', () => {
    const { clock, troubled, join, setOpen, seen } = begin()
    const [one, other] = ['insecure_1', 'insecure_2'].map((token) => join({ token }).registrant)
    if (one === undefined || other === undefined) throw new Error('nobody came')
    clock.run(1000)
    setOpen(one, false)
    clock.run(1000)
    setOpen(other, false)
    expect(seen()).toEqual([{ code: 'PORT_CLOSED', sinceMs: 1000, tokens: ['insecure_1', 'insecure_2'] }])
    setOpen(one, true)
    expect(seen()).toEqual([{ code: 'PORT_CLOSED', sinceMs: 1000, tokens: ['insecure_2'] }])
    setOpen(other, true)
    expect([troubled.size, seen()]).toEqual([0, []])
    clock.run(1000)
    setOpen(one, false)
    expect(seen()).toMatchObject([{ sinceMs: 3000 }])
  })

  it('have a registrant of which nothing is heard, until something is', async () => {
    const { clock, troubled, join, seen } = begin()
    const { registrant, socket } = join({ pongs: false })
    void registrant.endpoint()
    await clock.advance(2000)
    expect(seen()).toEqual([{ code: 'REGISTRANT_SILENT', sinceMs: 2000, tokens: [TOKEN] }])
    socket.emit('pong')
    expect([troubled.size, seen()]).toEqual([0, []])
  })

  it('have as many kinds of trouble as their registrants, and none when those have left', () => {
    const { troubled, join, setOpen, seen } = begin()
    const odd = join({ protocol: 'IO|1' })
    const closed = join()
    setOpen(closed.registrant, false)
    expect(seen().map(({ code }) => code)).toEqual(['UNPUBLISHED_SUBPROTOCOL', 'PORT_CLOSED'])
    expect(troubled.size).toBe(1)
    odd.socket.breaks()
    expect(seen().map(({ code }) => code)).toEqual(['PORT_CLOSED'])
    closed.socket.breaks()
    expect([troubled.size, seen()]).toEqual([0, []])
  })

  it('are always those that a look at every registrant finds', () => {
    const step = fc.record({
      token: fc.nat({ max: 3 }),
      act: fc.constantFrom('join', 'odd', 'leave', 'open', 'close'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { table, troubled, isOpen, join, setOpen } = begin()
        const inside: ReturnType<typeof join>[] = []
        for (const { token, act } of steps) {
          const index = inside.findIndex(({ registrant }) => registrant.token === `insecure_${token}`)
          const one = inside[index]
          if (act === 'join') inside.push(join({ token: `insecure_${token}` }))
          else if (act === 'odd') inside.push(join({ token: `insecure_${token}`, protocol: 'IO|1' }))
          else if (one === undefined) continue
          else if (act === 'leave') inside.splice(index, 1)[0]?.socket.breaks()
          else setOpen(one.registrant, act === 'open')
        }
        const found = table.all.flatMap((each) => {
          const trouble = troubleOf(each, isOpen(each))
          return trouble === undefined ? [] : [`${trouble.code} ${each.token}`]
        })
        const kept = [...troubled.troubles].flatMap(({ code, tokens }) =>
          [...tokens].map((token) => `${code} ${token}`),
        )
        expect(kept.sort()).toEqual([...new Set(found)].sort())
        expect(new Set(troubled.tokens)).toEqual(new Set(found.map((each) => each.split(' ')[1])))
      }),
      { numRuns: 100 },
    )
  })
})

describe('each trouble of a token', () => {
  const codes = [
    ...ADVICE_CODES.filter(isUnpublished),
    'PORT_CLOSED',
    'TOKEN_SHARED',
    'REGISTRANT_SILENT',
  ] as const

  it.each(codes)('%s has words and a remedy', (code) => {
    for (const text of [troubleWords(code), troubleRemedy(code)]) expect(text).toMatch(/^[a-z].*[^.]$/)
  })
})
