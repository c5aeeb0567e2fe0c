import { isIP } from 'node:net'
import { EnvError, makeExactValidator, type RequiredValidatorSpec } from 'envalid'
import ms from 'ms'
import { withoutBrackets } from '../net/host-name.ts'
import { Networks } from '../net/networks.ts'
import { isUsableHost } from '../net/usable-host.ts'
import { isPublishableHost } from '../protocol/subprotocol.ts'

/**
 * A validator for envalid with sentences of our own: envalid's accept "12abc" as a number and repeat the raw value in their
 * errors. What `parse` throws is shown to the user after the variable's name.
 */
export function validator<Value>(parse: (text: string) => Value): RequiredValidatorSpec<Value> {
  return makeExactValidator<Value>(parse)()
}

const DURATION = /^\d+(\.\d+)?(ms|s|m|h)$/
/** Longer timers overflow in Node.js; a day is more than any of these needs. */
const DURATION_MAX_MS = 24 * 60 * 60_000

/** `500ms`, `2s`, `1m`, `1h`, as milliseconds. Zero is not a duration. */
export const duration = validator(durationMs)

function durationMs(text: string): number {
  const example = 'write a number with a unit, for example 500ms, 2s or 1m'
  if (!DURATION.test(text)) throw new EnvError(`is not a duration; ${example}`)
  // ms() throws at very long texts.
  const value = text.length > 32 ? Number.POSITIVE_INFINITY : ms(text as ms.StringValue)
  if (value < 1 || value > DURATION_MAX_MS) throw new EnvError('must be between 1ms and 24h')
  return value
}

/** The same, or `0`, `0s`: none at all. */
export const durationOrNone = validator((text) => {
  if (/^0(ms|s|m|h)?$/.test(text)) return 0
  return durationMs(text)
})

export const durationOrAuto = validator<number | 'auto'>((text) => {
  if (text.toLowerCase() === 'auto') return 'auto'
  if (!DURATION.test(text)) throw new EnvError('is neither auto nor a duration, for example 500ms, 2s or 1m')
  return durationMs(text)
})

export function integer(min: number, max: number): RequiredValidatorSpec<number> {
  return validator((text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new EnvError(
        `must be a whole number from ${min} to ${max}, for example ${Math.max(min, Math.min(max, 3))}`,
      )
    }
    return value
  })
}

/** A TCP port; `lowest` is 0 where 0 has a meaning of its own. */
export function tcpPort(lowest: 0 | 1, example: number): RequiredValidatorSpec<number> {
  return validator((text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < lowest || value > 65535) {
      throw new EnvError(`must be a port from ${lowest} to 65535, for example ${example}`)
    }
    return value
  })
}

export function oneOf<Word extends string>(...words: readonly Word[]): RequiredValidatorSpec<Word> {
  return validator((text) => {
    const word = words.find((candidate) => candidate === text.toLowerCase())
    if (word === undefined) throw new EnvError(`must be one of ${words.join(', ')}`)
    return word
  })
}

/** `true` or `false`, also as 1, 0, yes, no, on, off. */
export const yesOrNo = validator((text) => {
  const word = text.toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off'].includes(word)) return false
  throw new EnvError('must be true or false')
})

/** A host to publish: IPv4 or a name. */
export const publishableHost = validator((text) => {
  const example = 'give an IPv4 address or a name, for example 203.0.113.7'
  if (text.includes('://')) throw new EnvError(`is a URL; ${example}`)
  if (/^\[?[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*\]?$/i.test(text)) {
    throw new EnvError(`is an IPv6 address, which no Wechaty client can use; ${example}`)
  }
  if (/:\d+$/.test(text))
    throw new EnvError(`holds a port; put that in REGISTRAR_ADVERTISE_PORT and ${example}`)
  if (text === '0.0.0.0') throw new EnvError(`means "not registered" when it is published; ${example}`)
  const misspelt = /^[\d.]+$/.test(text) && isIP(text) === 0
  if (!isPublishableHost(text) || !isUsableHost(text) || misspelt) {
    throw new EnvError(`is not a host; ${example}`)
  }
  return text
})

/** What old resolvers take for an address: 127.1 is 127.0.0.1, and 0x7f.1 too. */
const NUMBERS = /^(\d+|0x[0-9a-f]*)(\.(\d+|0x[0-9a-f]*))+\.?$/i

/** A host to connect to or to listen on: a name, IPv4 or IPv6. */
export const host = validator(parseHost)

export function parseHost(text: string): string {
  const bare = withoutBrackets(text)
  // Resolvers take a number for an address: 8080 is 0.0.31.144.
  if (/^\d+$/.test(bare))
    throw new EnvError('is a number, not a host; give a name or an address, for example 127.0.0.1')
  if (NUMBERS.test(bare) && isIP(bare) === 0)
    throw new EnvError('is not an address; give a name or all four numbers, for example 127.0.0.1')
  const isName = /^[a-z0-9._-]{1,253}$/i.test(bare)
  if (!isName && isIP(bare) === 0)
    throw new EnvError('must be a name or an address, without scheme and port, for example 127.0.0.1')
  return bare
}

/** Names of hosts, separated by commas or white space: `registrar, registrar.example.com`. */
export const hostNames = validator((value) => {
  const names = value.split(/[\s,]+/).filter((word) => word !== '')
  if (!names.every((name) => /^[a-z0-9._-]+$/i.test(name)))
    throw new EnvError('must be names of hosts, without scheme and port, for example registrar.example.com')
  return names
})

/** A server name for TLS (RFC 6066 §3): a name without a port, and no address. */
export const serverName = validator((text) => {
  if (isIP(withoutBrackets(text)) !== 0)
    throw new EnvError('is an address, which TLS does not take for a server name; give a name, or nothing')
  if (text.length > 253 || !/^[a-z0-9._-]+$/i.test(text))
    throw new EnvError('must be a name alone, for example puppet.example.com')
  return text.toLowerCase()
})

/** Addresses and networks, separated by commas or white space: `10.0.0.0/8, ::1`. */
export const networks = validator((value) => {
  try {
    return new Networks(...value.split(/[\s,]+/).filter((word) => word !== ''))
  } catch {
    throw new EnvError('must be addresses or networks, for example 10.0.0.0/8,127.0.0.1')
  }
})

/** Any text, taken as it is and checked elsewhere. */
export const text = validator((value) => value)

/** The name of a service, as a health service knows it. */
export const serviceName = validator((text) => {
  if (!/^[\x21-\x7e]{1,200}$/.test(text)) throw new EnvError('is not a service, for example wechaty.Puppet')
  return text
})

/** What a program's NATS subjects begin with: words with dots between them. Longer ones would be of no use to anybody. */
export const subjectPrefix = validator((text) => {
  if (text.length > 100 || !/^[\w-]+(\.[\w-]+)*$/.test(text))
    throw new EnvError(
      'must be up to 100 letters, digits, - and _, with dots between parts, for example puppet-registry',
    )
  return text
})
