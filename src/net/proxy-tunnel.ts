import { connect, type LookupFunction, type Socket } from 'node:net'
import { type SecureContext, connect as secureConnect } from 'node:tls'
import type { Attempt } from './attempt.ts'
import type { ProxyStage, Way } from './connect-error.ts'
import type { HttpProxy } from './http-proxy.ts'
import { readConnectAnswer } from './proxy-answer.ts'
import { answerError, connectionError } from './proxy-error.ts'
import { type ConnectStage, followStages } from './stages.ts'
import { tlsOptions } from './tls-options.ts'

const STAGES: Readonly<Record<ConnectStage, ProxyStage>> = {
  DNS: 'proxy DNS',
  TCP: 'proxy TCP',
  TLS: 'proxy TLS',
  HTTP: 'proxy CONNECT',
}

export interface TunnelOptions {
  readonly proxy: HttpProxy
  readonly way: Way
  /** Where to: `host:port`, an IPv6 address in brackets. */
  readonly target: string
  readonly lookup: LookupFunction
  /** For a proxy that is reached over TLS; undefined: the built-in certificates. */
  readonly secureContext: SecureContext | undefined
  readonly attempt: Attempt
}

/**
 * Opens a tunnel through a proxy (CONNECT, RFC 9110 §9.3.6). Resolves with its socket, paused. Rejects with whatever the proxy did instead: that
 * is never the registry's word, and the socket is destroyed. It is also destroyed when the attempt is called off, then or later.
 */
export function openTunnel(options: TunnelOptions): Promise<Socket> {
  const { proxy, target, attempt } = options
  return new Promise((resolve, reject) => {
    let stage: ProxyStage = 'proxy DNS'
    attempt.onStage(stage)
    const socket = dial(options)
    attempt.signal.addEventListener('abort', () => socket.destroy(), { once: true })
    const fail = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    let received = ''
    const read = (chunk: Buffer): void => {
      received += chunk.toString('latin1')
      const answer = readConnectAnswer(received)
      if (answer.kind === 'unfinished') return
      const isOpen = answer.kind === 'answered' && answer.status >= 200 && answer.status < 300
      if (!isOpen) return fail(answerError(answer, proxy))
      socket.pause()
      socket.off('data', read)
      socket.off('close', closed)
      resolve(socket)
    }
    const closed = (): void => fail(connectionError(reset(), stage, options))
    // Stays on it: who gets the socket has no listener yet.
    socket.on('error', (error) => fail(connectionError(error, stage, options)))
    socket.on('close', closed)
    socket.on('data', read)
    followStages(socket, proxy.host, (next) => {
      stage = STAGES[next]
      attempt.onStage(stage)
      // Not before: the password must go to nobody but the proxy.
      if (next === 'HTTP') socket.write(connectRequest(target, proxy))
    })
  })
}

function dial({ proxy, lookup, secureContext }: TunnelOptions): Socket {
  const { secure, host, port } = proxy
  if (!secure) return connect({ host, port, lookup })
  return secureConnect({ port, lookup, ...tlsOptions(host, secureContext) })
}

function connectRequest(target: string, { authorization }: HttpProxy): string {
  const credentials = authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]
  return [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...credentials, '', ''].join('\r\n')
}

/** The end of a connection that should have brought an answer. */
function reset(): NodeJS.ErrnoException {
  return Object.assign(new Error(), { code: 'ECONNRESET' })
}
