import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/doctor/finding.ts'
import { findingsAsJson, formatFindings, isWell } from '../../../src/doctor/print.ts'

const ok: Finding = { step: 'token', status: 'ok', seen: '1 token' }
const failed: Finding = {
  step: 'puppet port',
  status: 'fail',
  code: 'PUPPET_REFUSED',
  seen: 'nothing listens on 127.0.0.1:8788',
  remedy: { words: 'probe the port that it listens on', type: 'WECHATY_PUPPET_SERVER_PORT=9000' },
}
const skipped: Finding = { step: 'puppet TLS', status: 'skipped', seen: 'nothing listens' }
const warned: Finding = { step: 'clock', status: 'warn', seen: '2 s ahead', remedy: { words: 'set it' } }

describe('what the doctor has found, for people,', () => {
  it('has one line a finding, what to do below it, and what to type alone on its line', () => {
    expect(formatFindings([ok, failed, skipped, warned])).toBe(`ok    token: 1 token
FAIL  puppet port: nothing listens on 127.0.0.1:8788 [PUPPET_REFUSED]
      → probe the port that it listens on
          WECHATY_PUPPET_SERVER_PORT=9000
-     puppet TLS: nothing listens
warn  clock: 2 s ahead
      → set it

1 FAIL, 1 warn: begin with the first FAIL`)
  })

  it('closes with how it is where nothing failed', () => {
    expect(formatFindings([ok])).toMatch(/\n\nall is well$/)
    expect(formatFindings([ok, warned])).toMatch(/\n\nno FAIL, 1 warn$/)
  })
})

describe('what the doctor has found, for programs,', () => {
  it('is one JSON document', () => {
    expect(JSON.parse(findingsAsJson('1.2.3', [ok, failed]))).toEqual({
      version: '1.2.3',
      ok: false,
      findings: [ok, failed],
    })
  })
})

it('is well where something is odd, and not where something failed', () => {
  expect(isWell([ok, skipped, warned])).toBe(true)
  expect(isWell([ok, failed])).toBe(false)
})
