import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAdvertised } from '../../../src/registry/advertised-endpoint.ts'

const FROM = '203.0.113.7'
const offered = (host: string, port = '8788'): string => `io|0.0.1|some-id|${host}|${port}`

describe('what is published of a registrant', () => {
  it('is the host and the port in its subprotocol', () => {
    expect(readAdvertised(offered('puppet.example.com'), FROM)).toEqual({
      isRegistrant: true,
      id: undefined,
      host: 'puppet.example.com',
      port: 8788,
      trouble: '',
    })
  })

  it('is the address that it comes from, where it advertises no host', () => {
    expect(readAdvertised(offered(''), FROM)).toMatchObject({ host: FROM, trouble: '' })
  })

  it('is the host that it advertises, wherever it comes from', () => {
    for (const from of ['2001:db8::1', '', FROM])
      expect(readAdvertised(offered('198.51.100.1'), from)).toMatchObject({
        host: '198.51.100.1',
        trouble: '',
      })
  })

  it.each(['1', '80', '65535'])('is a port from 1 to 65535: %s', (port) => {
    expect(readAdvertised(offered('', port), FROM).port).toBe(Number(port))
  })

  it.each(['', '0', '65536', '-1', '80.5', 'NaN', 'http', '0x50', '1e3', '80.0', '+80'])(
    'is no port that is none: %j; the registrant may say one all the same',
    (port) => {
      const advertised = readAdvertised(offered('', port), FROM)
      expect(advertised).toEqual({
        isRegistrant: true,
        id: undefined,
        host: FROM,
        port: undefined,
        trouble: '',
      })
    },
  )
})

describe('which registrant it is', () => {
  const ID = '0123456789abcdef0123456789abcdef'

  it('is known by an id of 128 bits in hex', () => {
    expect(readAdvertised(`io|0.0.1|${ID}||8788`, FROM).id).toBe(ID)
  })

  it.each([
    `io|0.0.1|||`,
    `io|0.0.1|some-id||`,
    `io|0.0.1|${ID}0||`,
    `io|0.0.1|${ID.toUpperCase()}||`,
    `web|0.0.1|${ID}||`,
  ])('is not said otherwise: %s', (protocol) => {
    expect(readAdvertised(protocol, FROM).id).toBeUndefined()
  })
})

describe('one that will not be found is told why, and publishes no host:', () => {
  it.each([
    ['one without a subprotocol', '', FROM, 'does not begin with io|'],
    ['one that only listens', 'web|0.0.1|some-id|puppet|8788', FROM, 'does not begin with io|'],
    ['one that is nearly one', 'io2|0.0.1|some-id|puppet|8788', FROM, 'does not begin with io|'],
    [
      'one of four fields, whose port stands where the host should',
      'io|0.0.1|some-id|8788',
      FROM,
      'neither an IPv4',
    ],
    ['one whose host means "not registered"', offered('0.0.0.0'), FROM, 'neither an IPv4'],
    ['one whose host is no host', offered('1.2.3'), FROM, 'neither an IPv4'],
    ['one over IPv6 without a host', offered(''), '2001:db8::1', 'no client can use the IPv6 address'],
    ['one that a proxy says nothing of', offered(''), '', 'the proxy does not say'],
  ])('%s', (_who, protocol, address, words) => {
    const advertised = readAdvertised(protocol, address)
    expect(advertised.host).toBeUndefined()
    expect(advertised.trouble).toMatch(/^not to be found: /)
    expect(advertised.trouble).toContain(words)
    expect(advertised.isRegistrant).toBe(protocol.startsWith('io|'))
  })
})

it('whatever the subprotocol: either there is a host, or a trouble; and a port is one', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('io', 'web', '', '0.0.0.0', '1.2.3.4', 'name', '80', '0', '70000'))
      .map((all) => all.join('|')),
  )
  fc.assert(
    fc.property(texts, fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')), (protocol, from) => {
      const { isRegistrant, host, port, trouble } = readAdvertised(protocol, from)
      expect(host === undefined).toBe(trouble !== '')
      if (!isRegistrant) expect(host).toBeUndefined()
      if (port !== undefined) expect(Number.isInteger(port) && port > 0 && port < 65_536).toBe(true)
    }),
    { numRuns: 1500 },
  )
})
