import { EnvError } from 'envalid'
import { hostPort } from '../net/host-port.ts'
import { parseHost, validator } from './validators.ts'

/** Where NATS servers listen for clients. */
const DEFAULT_PORT = 4222
const EXAMPLE = 'for example nats://nats.example.com:4222'

/** The parts of an address; a host may be an IPv6 address in brackets. */
const ADDRESS = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^\s:/?#[\]]+)(?::(\d{1,5}))?\/?$/i

/**
 * Addresses of NATS servers, separated by commas or white space: `nats://one:4222, nats://two`. All of them have TLS (`tls://`), or none.
 * Each comes out with its port, which is 4222 where none is given. No part of what is refused is in a message: it may hold a password.
 */
export const natsServers = validator((text): readonly string[] => {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  if (words.length === 0) throw new EnvError(`names no server; give at least one, ${EXAMPLE}`)
  const servers = words.map((word, index) => serverOf(word, words.length === 1 ? '' : `server ${index + 1} `))
  if (new Set(servers.map(({ scheme }) => scheme)).size > 1)
    throw new EnvError('mixes nats:// and tls://; write tls:// before each server, or before none')
  return [...new Set(servers.map(({ scheme, address }) => `${scheme}://${address}`))]
})

/** @param which which of several it is, for messages */
function serverOf(word: string, which: string): { readonly scheme: string; readonly address: string } {
  if (word.includes('@'))
    throw new EnvError(
      `${which}holds a user or a password; write nats://host:port alone, the user in REGISTRY_NATS_USER, and the name of a file with the password in REGISTRY_NATS_PASSWORD_FILE`,
    )
  if (!word.includes('://'))
    throw new EnvError(`${which}has no scheme; write nats:// or tls:// before the host`)
  const [, scheme = '', host = '', port = String(DEFAULT_PORT)] = ADDRESS.exec(word) ?? []
  if (!/^(nats|tls):\/\//i.test(word))
    throw new EnvError(`${which}has an unknown scheme; it must be nats:// or tls://, ${EXAMPLE}`)
  if (host === '') throw new EnvError(`${which}must be a scheme, a host and perhaps a port, ${EXAMPLE}`)
  if (Number(port) < 1 || Number(port) > 65535)
    throw new EnvError(`${which}has a port that is none; it must be from 1 to 65535, ${EXAMPLE}`)
  return {
    scheme: scheme.toLowerCase(),
    address: hostPort({ host: parsedHost(host, which), port: Number(port) }),
  }
}

function parsedHost(host: string, which: string): string {
  try {
    return parseHost(host)
  } catch {
    throw new EnvError(`${which}has a host that is neither a name nor an address, ${EXAMPLE}`)
  }
}
