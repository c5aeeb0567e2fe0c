import { describe, expect, it } from 'vitest'
import type { HistoryReport } from '../../../src/history/report.ts'
import { withExpiry } from '../../../src/page/registry/certificate-expiry.ts'

const BEGAN = '2026-01-31T12:00:00.000Z'
const ENDED = '2026-01-31T13:00:00.000Z'

function past(state: string, at = BEGAN): HistoryReport {
  const certificate = [{ number: 1, at, state, code: null, cause: '', changes: 0 }]
  const minutes = { first: 0, from: BEGAN, durations: {}, counts: {}, levels: {} }
  return { started: BEGAN, since: BEGAN, until: ENDED, states: { certificate }, minutes, events: [] }
}

function problem(code: string, since = ENDED) {
  return { code, message: 'it is so', remedy: '', since, tokens: { count: 0, ids: [] } }
}

const statesOf = ({ states }: HistoryReport) => states.certificate?.map(({ state, at }) => [state, at])

describe('the band of the certificate', () => {
  it('ends as the certificate does, though no event tells it', () => {
    const shown = withExpiry(past('valid'), [problem('PORT_CLOSED'), problem('CERTIFICATE_EXPIRED')])
    expect(statesOf(shown)).toEqual([
      ['valid', BEGAN],
      ['expired', ENDED],
    ])
    expect(shown.states.certificate?.at(-1)).toMatchObject({
      code: 'CERTIFICATE_EXPIRED',
      cause: 'it is so',
    })
  })

  it('says that the end is near, but no less than that a renewed one cannot be used', () => {
    const soon = [problem('CERTIFICATE_EXPIRES_SOON')]
    expect(statesOf(withExpiry(past('valid'), soon))).toContainEqual(['expires soon', ENDED])
    expect(withExpiry(past('in trouble'), soon)).toEqual(past('in trouble'))
    const ended = [problem('CERTIFICATE_EXPIRED')]
    expect(statesOf(withExpiry(past('in trouble'), ended))).toContainEqual(['expired', ENDED])
  })

  it('stays what it is where an event told it, where all is well, and without a certificate', () => {
    expect(withExpiry(past('expired'), [problem('CERTIFICATE_EXPIRED')])).toEqual(past('expired'))
    expect(withExpiry(past('valid'), [problem('PORT_CLOSED')])).toEqual(past('valid'))
    const none = { ...past('valid'), states: { certificate: [] } }
    expect(withExpiry(none, [problem('CERTIFICATE_EXPIRED')])).toEqual(none)
  })

  it('has no state that begins before the last one', () => {
    const shown = withExpiry(past('valid', ENDED), [problem('CERTIFICATE_EXPIRED', BEGAN)])
    expect(statesOf(shown)?.at(-1)).toEqual(['expired', ENDED])
  })
})
