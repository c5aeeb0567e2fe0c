import { describe, expect, it } from 'vitest'
import { resultOfConnectError } from '../../../../src/sidecar/probe/probe.ts'

const address = { host: 'puppet', port: 8788 }
const failing = (code?: string) =>
  resultOfConnectError(Object.assign(new Error('secret'), code === undefined ? {} : { code }), address)

describe('a connection that fails', () => {
  it('is "refused" only where nothing listens: that alone is proof of death', () => {
    expect(failing('ECONNREFUSED')).toEqual({
      ok: false,
      kind: 'refused',
      reason: 'nothing listens on puppet:8788',
    })
  })

  it.each([
    ['ENOTFOUND', 'the name puppet does not resolve (ENOTFOUND)'],
    ['EAI_AGAIN', 'the name puppet does not resolve (EAI_AGAIN)'],
    ['EHOSTUNREACH', 'no route to puppet (EHOSTUNREACH)'],
    ['ENETUNREACH', 'no route to puppet (ENETUNREACH)'],
    ['ECONNRESET', 'puppet:8788 accepts connections and resets them'],
    ['EMFILE', 'connecting to puppet:8788 failed (EMFILE)'],
    [undefined, 'connecting to puppet:8788 failed'],
  ])('with %s is said in words of our own', (code, reason) => {
    expect(failing(code)).toEqual({ ok: false, kind: 'failed', reason })
  })
})
