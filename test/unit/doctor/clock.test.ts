import { describe, expect, it } from 'vitest'
import { clockFinding, withClockAsCause } from '../../../src/doctor/clock.ts'
import type { Finding } from '../../../src/doctor/finding.ts'

const NOW = new Date('2026-11-27T12:00:00.000Z')
const inMinutes = (minutes: number): string => new Date(NOW.getTime() + minutes * 60_000).toUTCString()

describe('the clock of this machine', () => {
  it.each([
    [0, 'ok', /^agrees/],
    [1, 'ok', /^agrees/],
    [-3, 'warn', /^3 min ahead of the registry/],
    [3, 'warn', /^3 min behind the registry/],
    [
      -1440,
      'fail',
      /^24 h ahead of the registry: 2026-11-27T12:00:00.000Z here, 2026-11-26T12:00:00.000Z there/,
    ],
    [2880, 'fail', /^2 days behind the registry/],
  ] as const)('where the other one is %i min ahead: %s', (minutes, status, seen) => {
    const finding = clockFinding(NOW, inMinutes(minutes))
    expect(finding).toMatchObject({ step: 'clock', status, seen: expect.stringMatching(seen) })
    expect(finding.code).toBe(status === 'ok' ? undefined : 'CLOCK_WRONG')
  })

  it.each([undefined, '', 'yesterday'])('is not known where the other one says %s', (header) => {
    expect(clockFinding(NOW, header).status).toBe('skipped')
  })
})

describe('a clock that is wrong', () => {
  const expired: Finding = {
    step: 'puppet certificate',
    status: 'fail',
    code: 'PUPPET_CERTIFICATE_EXPIRED',
    seen: 'its certificate has expired',
    remedy: { words: 'renew it' },
  }

  it('is named as the cause where a certificate looks expired', () => {
    const clock = clockFinding(NOW, inMinutes(-1440))
    const [first] = withClockAsCause([expired, clock])
    expect(first?.code).toBe('CLOCK_WRONG')
    expect(first?.seen).toMatch(/^its certificate has expired; .*24 h ahead/)
    expect(first?.remedy).toEqual(clock.remedy)
  })

  it('is no cause where it is right, nor of anything else', () => {
    const right = [expired, clockFinding(NOW, inMinutes(0))]
    expect(withClockAsCause(right)).toEqual(right)
    const other: Finding = { step: 'puppet port', status: 'fail', code: 'PUPPET_REFUSED', seen: 'x' }
    expect(withClockAsCause([other, clockFinding(NOW, inMinutes(-1440))])[0]).toEqual(other)
  })
})
