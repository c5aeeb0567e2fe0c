import { expect, it } from 'vitest'
import { serverNameOf } from '../../../src/tokens/server-name.ts'

it.each([
  ['insecure_3f2c', 'insecure'],
  ['Puppet_Service_3f2c', 'puppet_service'],
  ['my.domain.com_x', 'my.domain.com'],
  ['no-prefix', undefined],
  ['_x', undefined],
  ['10.0.0.1_x', undefined],
  [`${'a'.repeat(300)}_x`, undefined],
  ['', undefined],
])('a client with the token %s asks for the server name %s', (token, name) => {
  expect(serverNameOf(token)).toBe(name)
})
