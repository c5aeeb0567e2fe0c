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
      code: 'PUPPET_REFUSED',
      reason: 'nothing listens on puppet:8788',
    })
  })

  it.each([
    ['ENOTFOUND', 'PUPPET_NAME_UNRESOLVED', 'the name puppet does not resolve (ENOTFOUND)'],
    [
      'EAI_AGAIN',
      'PUPPET_NAME_SERVER_FAILS',
      'the name puppet does not resolve: the name server does not answer (EAI_AGAIN)',
    ],
    [
      'EAI_FAIL',
      'PUPPET_NAME_SERVER_FAILS',
      'the name puppet does not resolve: the name server answers with an error (EAI_FAIL)',
    ],
    ['EHOSTUNREACH', 'PUPPET_UNREACHABLE', 'no route to puppet (EHOSTUNREACH)'],
    ['ENETUNREACH', 'PUPPET_UNREACHABLE', 'no route to puppet (ENETUNREACH)'],
    ['ECONNRESET', 'PUPPET_RESETS', 'puppet:8788 accepts connections and resets them'],
    ['EMFILE', 'PUPPET_CONNECT_FAILED', 'connecting to puppet:8788 failed (EMFILE)'],
    [undefined, 'PUPPET_CONNECT_FAILED', 'connecting to puppet:8788 failed'],
  ])('with %s is said in words of our own, with a code', (error, code, reason) => {
    expect(failing(error)).toEqual({ ok: false, kind: 'failed', code, reason })
  })
})
