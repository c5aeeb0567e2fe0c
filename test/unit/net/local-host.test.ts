import { describe, expect, it } from 'vitest'
import { isLoopbackHost, isPrivateHost } from '../../../src/net/local-host.ts'

describe('a host', () => {
  it.each([
    ['localhost', true],
    ['registry', true],
    ['registry.default.svc', true],
    ['registry.default.svc.cluster.local', true],
    ['host.docker.internal', true],
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['192.168.1.1', true],
    ['169.254.1.1', true],
    ['169.254.169.254', true],
    ['[::1]', true],
    ['fd00::1', true],
    ['::', true],
    ['0.0.0.0', true],
    ['100.64.0.1', true],
    ['::ffff:10.1.2.3', true],
    ['::10.1.2.3', false],
    ['[fe80::1]', true],
    ['172.15.0.1', false],
    ['172.32.0.1', false],
    ['11.0.0.1', false],
    ['192.169.1.1', false],
    ['203.0.113.7', false],
    ['2001:db8::1', false],
    ['api.chatie.io', false],
    ['10.example.com', false],
    ['notlocal', true],
    ['evil-local.example', false],
  ])('%s is private: %s', (name, wanted) => {
    expect(isPrivateHost(name)).toBe(wanted)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['LocalHost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['127.example.com', false],
    ['', false],
    ['10.0.0.1', false],
    ['localhost.example.com', false],
  ])('%j is loopback: %s', (name, wanted) => {
    expect(isLoopbackHost(name)).toBe(wanted)
  })
})
