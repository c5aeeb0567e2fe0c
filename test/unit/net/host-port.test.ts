import { expect, it } from 'vitest'
import { hostPort } from '../../../src/net/host-port.ts'

it.each([
  ['127.0.0.1', '127.0.0.1:8788'],
  ['puppet.example', 'puppet.example:8788'],
  ['::1', '[::1]:8788'],
  ['fe80::1%eth0', '[fe80::1%eth0]:8788'],
])('%s is written as %s', (host, text) => {
  expect(hostPort({ host, port: 8788 })).toBe(text)
})
