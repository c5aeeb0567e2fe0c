import { expect, it } from 'vitest'
import { inLowerCase, shortReason } from '../../../src/page/short-reason.ts'

it.each([
  ['TCP: registry: connection refused (ECONNREFUSED)', 'connection refused'],
  ['proxy TCP: 10.0.0.1:3128: connection refused (ECONNREFUSED)', 'connection refused'],
  ['HTTP: registry.example: the registry answered HTTP 502', 'the registry answered HTTP 502'],
  ['nothing listens on 127.0.0.1:8788', 'nothing listens on 127.0.0.1:8788'],
  ['health is NOT_SERVING', 'health is NOT_SERVING'],
])('%s is %s in large type', (reason, short) => {
  expect(shortReason(reason)).toBe(short)
})

it('what the log cries out is said on the page in lower case, and the rest as it is', () => {
  expect(inLowerCase('THE PUPPET REFUSES THIS TOKEN: every client of TLS will be refused')).toBe(
    'the puppet refuses this token: every client of TLS will be refused',
  )
  expect(inLowerCase('no connection to the registry: TLS: expired')).toBe(
    'no connection to the registry: TLS: expired',
  )
  expect(inLowerCase('TLS: expired')).toBe('TLS: expired')
})
