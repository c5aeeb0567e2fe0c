import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAdvertised } from '../../../src/registry/advertised-endpoint.ts'
import { ADDRESSES } from '../net/addresses.ts'

const FROM = '203.0.113.7'
const offered = (host: string, port = '8788'): string => `io|0.0.1|some-id|${host}|${port}`

describe('what is published of a registrant', () => {
  it('is the host and the port in its subprotocol', () => {
    expect(readAdvertised(offered('puppet.example.com'), FROM)).toEqual({
      isRegistrant: true,
      isClient: false,
      id: undefined,
      host: 'puppet.example.com',
      nearby: undefined,
      port: 8788,
      trouble: '',
      advice: undefined,
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
        isClient: false,
        id: undefined,
        host: FROM,
        nearby: undefined,
        port: undefined,
        trouble: '',
        advice: undefined,
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

describe('whether one only asks is what it says of itself:', () => {
  it.each([
    ['web|0.0.1|x||', true],
    ['WEB|0.0.1|x||', false],
    ['webio|0.0.1|x||', false],
    ['io|0.0.1|x||', false],
    ['', false],
  ])('%s', (protocol, isClient) => {
    expect(readAdvertised(protocol, FROM).isClient).toBe(isClient)
  })
})

describe('one that will not be found is told why, and publishes no host:', () => {
  it.each([
    ['one without a subprotocol', '', FROM, 'does not begin with io|', 'UNPUBLISHED_SUBPROTOCOL'],
    [
      'one that only listens',
      'web|0.0.1|some-id|puppet|8788',
      FROM,
      'does not begin with io|',
      'UNPUBLISHED_SUBPROTOCOL',
    ],
    [
      'one that is nearly one',
      'io2|0.0.1|some-id|puppet|8788',
      FROM,
      'does not begin with io|',
      'UNPUBLISHED_SUBPROTOCOL',
    ],
    [
      'one of four fields, whose port stands where the host should',
      'io|0.0.1|some-id|8788',
      FROM,
      'neither an IPv4',
      'UNPUBLISHED_HOST',
    ],
    [
      'one whose host means "not registered"',
      offered('0.0.0.0'),
      FROM,
      'neither an IPv4',
      'UNPUBLISHED_HOST',
    ],
    ['one whose host is no host', offered('1.2.3'), FROM, 'neither an IPv4', 'UNPUBLISHED_HOST'],
    [
      'one over IPv6 without a host',
      offered(''),
      '2001:db8::1',
      'no client can use the IPv6 address',
      'UNPUBLISHED_IPV6',
    ],
    [
      'one that a proxy says nothing of',
      offered(''),
      '',
      'the proxy does not say',
      'UNPUBLISHED_ORIGIN_UNKNOWN',
    ],
    ...[...ADDRESSES.multicast, ...ADDRESSES.broadcast, ...ADDRESSES.metadata, '0.1.2.3']
      .filter((host) => !host.includes(':'))
      .map(
        (host) =>
          [
            `one at ${host}`,
            offered(host),
            FROM,
            'is no address that a client',
            'UNPUBLISHED_RANGE',
          ] as const,
      ),
    [
      'one that comes from such an address',
      offered(''),
      '169.254.169.254',
      'is no address that a client',
      'UNPUBLISHED_RANGE',
    ],
  ] as const)('%s', (_who, protocol, address, words, code) => {
    const advertised = readAdvertised(protocol, address)
    expect(advertised.host).toBeUndefined()
    expect(advertised.trouble).toMatch(/^not to be found: /)
    expect(advertised.trouble).toContain(words)
    expect(advertised.advice).toEqual({ code, text: advertised.trouble })
    expect(advertised.isRegistrant).toBe(protocol.startsWith('io|'))
  })
})

describe('an address that means another machine elsewhere', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['localhost', 'loopback'],
    ['LOCALHOST.', 'loopback'],
    ['bot.localhost', 'loopback'],
    ['169.254.7.7', 'link-local'],
  ])('is published, but only to who is there too, and the registrant is told so: %s', (host, nearby) => {
    for (const [protocol, from] of [
      [offered(host), FROM],
      [offered(''), host],
    ] as const) {
      const advertised = readAdvertised(protocol, from)
      // What it comes from is an address always.
      if (protocol === offered('') && !/^\d/.test(host)) continue
      expect(advertised).toMatchObject({ host, nearby, trouble: '', advice: { code: 'PUBLISHED_NEARBY' } })
    }
  })

  it.each(['10.0.0.1', '192.168.1.1', '203.0.113.9', 'puppet', 'localhost.example.com'])(
    'is not one like %s',
    (host) => {
      expect(readAdvertised(offered(host), FROM)).toMatchObject({
        host,
        nearby: undefined,
        advice: undefined,
      })
    },
  )
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
