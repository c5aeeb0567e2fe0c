import { describe, expect, it } from 'vitest'
import { asListenProblem, type ListenSetting } from '../../../src/commands/listen-error.ts'

const SETTINGS: readonly [ListenSetting, ...ListenSetting[]] = [
  { host: '127.0.0.1', port: 9789, hostVariable: 'ADMIN_HOST', portVariable: 'ADMIN_PORT' },
  { host: 'registry.example.com', port: 8080, hostVariable: 'LISTEN_HOST', portVariable: 'LISTEN_PORT' },
  { host: 'registry.example.com', port: 8443, hostVariable: 'LISTEN_HOST', portVariable: 'TLS_PORT' },
]

const problemOf = (fields: object, settings = SETTINGS): unknown =>
  asListenProblem(Object.assign(new Error('listen failed'), fields), settings).problems

describe('a port', () => {
  it.each([
    [9789, 'ADMIN_PORT', '127.0.0.1:9789'],
    [8080, 'LISTEN_PORT', 'registry.example.com:8080'],
    [8443, 'TLS_PORT', 'registry.example.com:8443'],
  ])('%i that is taken is a problem of its own variable', (port, variable, where) => {
    expect(problemOf({ code: 'EADDRINUSE', port, address: '0.0.0.0' })).toMatchObject([
      { variable, message: `${where} is taken by another program; choose another port` },
    ])
  })

  it('that must not be used is a problem of its own variable', () => {
    expect(problemOf({ code: 'EACCES', port: 8443 })).toMatchObject([
      { variable: 'TLS_PORT', message: expect.stringContaining('choose a port above 1023') },
    ])
  })
})

describe('a host', () => {
  it.each([
    [{ code: 'EADDRNOTAVAIL', port: 8080 }, 'LISTEN_HOST', 'registry.example.com'],
    [{ code: 'EADDRNOTAVAIL', port: 9789 }, 'ADMIN_HOST', '127.0.0.1'],
    [{ code: 'ENOTFOUND', hostname: 'registry.example.com' }, 'LISTEN_HOST', 'registry.example.com'],
    [{ code: 'EAI_AGAIN', hostname: 'registry.example.com' }, 'LISTEN_HOST', 'registry.example.com'],
    [{ code: 'EAFNOSUPPORT', port: 8080 }, 'LISTEN_HOST', 'registry.example.com'],
    [{ code: 'EINVAL', port: 8080 }, 'LISTEN_HOST', 'registry.example.com'],
  ])('that cannot be listened on (%j) is a problem of %s', (fields, variable, host) => {
    expect(problemOf(fields)).toMatchObject([{ variable, message: expect.stringContaining(host) }])
    expect(problemOf(fields)).toMatchObject([{ variable, message: expect.stringContaining(fields.code) }])
  })
})

describe('an error', () => {
  it('that does not say where it happened is a problem of the first setting', () => {
    expect(problemOf({ code: 'EADDRINUSE' })).toMatchObject([{ variable: 'ADMIN_PORT' }])
  })

  it('that has another cause than the configuration is thrown as it is', () => {
    for (const error of [
      Object.assign(new Error('too many files'), { code: 'EMFILE', port: 8080 }),
      new TypeError('a bug'),
    ])
      expect(() => asListenProblem(error, SETTINGS)).toThrow(error)
  })
})
