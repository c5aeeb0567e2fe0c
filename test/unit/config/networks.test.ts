import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Findings } from '../../../src/config/config-error.ts'
import { readVariables } from '../../../src/config/environment.ts'
import { networks } from '../../../src/config/validators.ts'

/** Asks whether an address is in networks that were given as a text; or what is wrong with the text. */
function read(text: string): ((address: string) => boolean) | string {
  const row = { name: 'X', byDefault: '-', parse: networks, meaning: '' } as const
  const findings = new Findings()
  const values = readVariables([row], { X: text }, findings)
  const [problem] = findings.problems
  if (problem !== undefined) return problem.message
  return (address) => values.X.contains(address)
}

const MESSAGE = 'must be addresses or networks, for example 10.0.0.0/8,127.0.0.1'

describe('networks', () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['127.0.0.1', ['127.0.0.1', '::ffff:127.0.0.1'], ['127.0.0.2', '::1']],
    ['::1', ['::1'], ['::2', '127.0.0.1']],
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
    ['10.1.2.3/8', ['10.255.0.1'], ['11.0.0.0']],
    ['2001:db8::/32', ['2001:db8:ffff::1'], ['2001:db9::1']],
    ['0.0.0.0/0', ['1.2.3.4', '255.255.255.255'], []],
    ['10.0.0.1/32', ['10.0.0.1'], ['10.0.0.2']],
    ['10.0.0.1,10.0.0.3', ['10.0.0.1', '10.0.0.3'], ['10.0.0.2']],
    [' 10.0.0.1 , ::1\n10.0.0.3,, ', ['10.0.0.1', '::1', '10.0.0.3'], ['10.0.0.2']],
  ])('are read from %j', (text, within, without) => {
    const holds = read(text)
    if (typeof holds === 'string') throw new Error(holds)
    expect(within.filter((address) => !holds(address))).toEqual([])
    expect(without.filter((address) => holds(address))).toEqual([])
  })

  it.each([
    'proxy.example.com',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/8.5',
    '10.0.0.0/0x8',
    '10.0.0.0/255.0.0.0',
    '2001:db8::/129',
    '[::1]',
    '10.0.0.1:80',
    '10.0.0.0/8;10.0.0.1',
    'fe80::1%eth0/',
    '10.0.0.1,nonsense',
    '*',
    'true',
  ])('are refused in %j', (text) => {
    expect(read(text)).toBe(MESSAGE)
  })

  it('are read or refused in these words, whatever the text', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:/,% '), maxLength: 20 }),
      fc
        .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('fe80::1%eth0')), fc.integer({ min: -1, max: 130 }))
        .map(([address, length]) => `${address}/${length}`),
    )
    // Quotes have words of their own.
    const texts = anything.filter((text) => !/^["']|["']$/.test(text))
    fc.assert(
      fc.property(texts, (text) => {
        const found = read(text)
        if (typeof found === 'string') expect(found).toBe(MESSAGE)
        else expect(typeof found('10.0.0.1')).toBe('boolean')
      }),
      { numRuns: 2000 },
    )
  })

  it('contain an address exactly if its first bits are theirs', () => {
    const address = fc.integer({ min: 0, max: 0xffff_ffff })
    const dotted = (bits: number): string => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
    fc.assert(
      fc.property(address, fc.nat(32), fc.nat(32), address, (network, length, same, noise) => {
        const mask = (bits: number): number => (bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0)
        const asked = ((network & mask(same)) | (noise & ~mask(same))) >>> 0
        const holds = read(`${dotted(network)}/${length}`)
        if (typeof holds === 'string') throw new Error(holds)
        expect(holds(dotted(asked))).toBe((network & mask(length)) === (asked & mask(length)))
      }),
      { numRuns: 1000 },
    )
  })
})
