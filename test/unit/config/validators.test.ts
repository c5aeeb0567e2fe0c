import type { RequiredValidatorSpec } from 'envalid'
import { describe, expect, it } from 'vitest'
import { Findings } from '../../../src/config/config-error.ts'
import { readVariables } from '../../../src/config/environment.ts'
import {
  duration,
  durationOrAuto,
  host,
  integer,
  oneOf,
  publishableHost,
  serviceName,
  tcpPort,
  yesOrNo,
} from '../../../src/config/validators.ts'

/** What a validator makes of a text: the value, or its complaint. */
function read<T>(spec: RequiredValidatorSpec<T>, text: string): { value: T } | { complaint: string } {
  const row = { name: 'X', byDefault: '', parse: spec, meaning: '' }
  const findings = new Findings()
  const values: { X?: unknown } = readVariables([row], { X: text }, findings)
  const [problem] = findings.problems
  if (problem !== undefined) return { complaint: problem.message }
  return { value: values.X as T }
}

function expectComplaint(spec: RequiredValidatorSpec<unknown>, text: string, words: string): void {
  const result = read(spec, text)
  expect(result).toHaveProperty('complaint', expect.stringContaining(words))
  // Shorter ones may stand in the example.
  if (text.length > 8) expect(JSON.stringify(result)).not.toContain(JSON.stringify(text).slice(1, -1))
}

describe('a duration', () => {
  it.each([
    ['1ms', 1],
    ['500ms', 500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['1m', 60_000],
    ['24h', 86_400_000],
  ])('%s is %i ms', (text, value) => {
    expect(read(duration, text)).toEqual({ value })
  })

  it.each([
    '',
    '5',
    's',
    '1d',
    '-1s',
    '+1s',
    '1 s',
    '1s ',
    '1s\n',
    '1,5s',
    '1e3s',
    '12abc',
    'Infinity',
    '1S',
  ])('%j is refused with an example', (text) => {
    expectComplaint(duration, text, 'is not a duration; write a number with a unit, for example 500ms, 2s')
  })

  it.each([['0s'], ['0.5ms'], ['25h'], [`${'9'.repeat(60)}s`], [`${'1'.repeat(120)}s`]])(
    '%s is out of bounds',
    (text) => {
      expectComplaint(duration, text, 'must be between 1ms and 24h')
    },
  )
})

describe('a duration, or auto', () => {
  it.each([
    ['auto', 'auto'],
    ['AUTO', 'auto'],
    ['500ms', 500],
    ['1m', 60_000],
  ] as const)('%s is %s', (text, value) => {
    expect(read(durationOrAuto, text)).toEqual({ value })
  })

  it.each(['automatic', 'none', '5', '1 s', ' auto'])('%j is refused with an example', (text) => {
    expectComplaint(durationOrAuto, text, 'is neither auto nor a duration, for example 500ms, 2s or 1m')
  })

  it.each(['0s', '25h'])('%s is out of bounds', (text) => {
    expectComplaint(durationOrAuto, text, 'must be between 1ms and 24h')
  })
})

describe('a port', () => {
  it.each([
    [1, '1', 1],
    [1, '65535', 65_535],
    [1, '8788', 8788],
    [0, '0', 0],
  ] as const)('from %i: %s', (lowest, text, value) => {
    expect(read(tcpPort(lowest, 8788), text)).toEqual({ value })
  })

  it.each(['0', '65536', '-1', '87.88', '8788abc', '0x50', '1e3', ' 8788', '8788\n', '', 'http'])(
    '%j is none',
    (text) => {
      expectComplaint(tcpPort(1, 8788), text, 'must be a port from 1 to 65535, for example 8788')
    },
  )
})

describe('a whole number', () => {
  it.each(['1', '3', '10'])('%s', (text) => {
    expect(read(integer(1, 10), text)).toEqual({ value: Number(text) })
  })

  it.each(['0', '11', '1.5', '-1', '3abc', '', 'NaN'])('%j is refused with an example', (text) => {
    expectComplaint(integer(1, 10), text, 'must be a whole number from 1 to 10, for example 3')
  })

  it('gives an example that it would take itself', () => {
    expectComplaint(integer(5, 9), '1', 'for example 5')
  })
})

describe('one of a few words', () => {
  it.each(['off', 'OFF', 'Off'])('takes them in capitals too: %s', (text) => {
    expect(read(oneOf('auto', 'on', 'off'), text)).toEqual({ value: 'off' })
  })

  it.each([' off', 'constructor', ''])('%j is told which ones there are', (text) => {
    expectComplaint(oneOf('auto', 'on', 'off'), text, 'must be one of auto, on, off')
  })
})

describe('yes or no', () => {
  it.each(['true', 'TRUE', '1', 'yes', 'on'])('%s is yes', (text) => {
    expect(read(yesOrNo, text)).toEqual({ value: true })
  })

  it.each(['false', 'False', '0', 'no', 'off'])('%s is no', (text) => {
    expect(read(yesOrNo, text)).toEqual({ value: false })
  })

  it.each(['2', 'maybe', 'true ', 'y'])('%j is neither', (text) => {
    expectComplaint(yesOrNo, text, 'must be true or false')
  })
})

describe('a host to publish', () => {
  it.each(['203.0.113.7', 'puppet.example.com', 'puppet', 'xn--bcher-kva.example'])('%s', (text) => {
    expect(read(publishableHost, text)).toEqual({ value: text })
  })

  it.each([
    ['::1', 'is an IPv6 address, which no Wechaty client can use'],
    ['[2001:db8::1]', 'is an IPv6 address'],
    ['::ffff:203.0.113.7', 'is an IPv6 address'],
    ['203.0.113.7:8788', 'holds a port; put that in REGISTRAR_ADVERTISE_PORT'],
    ['http://203.0.113.7', 'is a URL'],
    ['tcp://203.0.113.7:8788', 'is a URL'],
    ['fe80::1%eth0', 'is not a host'],
    ['one two', 'is not a host'],
    ['one|two', 'is not a host'],
    ['x'.repeat(64), 'is not a host'],
    [`${'x.'.repeat(127)}x`, 'is not a host'],
    ['one..two', 'is not a host'],
    ['0x7f.1', 'is not a host'],
    ['one/two', 'is not a host'],
    ['bücher.example', 'is not a host'],
    ['puppet\r\nX-Header: 1', 'is not a host'],
  ])('%j is refused: %s, with an example', (text, words) => {
    expectComplaint(publishableHost, text, words)
    expectComplaint(publishableHost, text, 'an IPv4 address or a name, for example 203.0.113.7')
  })
})

describe('a host to connect to', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['my_puppet', 'my_puppet'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ])('%s', (text, value) => {
    expect(read(host, text)).toEqual({ value })
  })

  it.each([
    '127.0.0.1:8788',
    'http://puppet',
    'puppet/path',
    'one two',
    'puppet\n',
    '[::1]:8788',
    'user@host',
  ])('%j is refused', (text) => {
    expectComplaint(
      host,
      text,
      'must be a name or an address, without scheme and port, for example 127.0.0.1',
    )
  })

  it('a port is refused, though resolvers would take it for an address', () => {
    expectComplaint(host, '8080', 'is a number, not a host; give a name or an address, for example 127.0.0.1')
  })
})

describe('the name of a service', () => {
  it.each(['wechaty.Puppet', 'puppet', 'a-b_c/d'])('%s is one', (value) => {
    expect(read(serviceName, value)).toEqual({ value })
  })

  it.each(['two words', 'line\nbreak', 'bücher', 'x'.repeat(201)])(
    '%j is refused with an example',
    (text) => {
      expectComplaint(serviceName, text, 'is not a service, for example wechaty.Puppet')
    },
  )
})
