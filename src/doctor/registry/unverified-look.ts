import type { IncomingMessage } from 'node:http'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { type Clock, deadline } from '../../lib/clock.ts'
import type { Transport } from '../../net/transport.ts'
import { REGISTRATION_PATH } from '../../protocol/discovery.ts'

/** What answers at a registry's address, whoever it is: enough to say what is wrong, and nothing to trust. */
export interface UnverifiedLook {
  /** Where a redirect leads to. */
  readonly location: string | undefined
  /** What time it is by its clock: the header `Date`. */
  readonly date: string | undefined
  readonly certificate: CertificateLook | undefined
}

export interface CertificateLook {
  /** The names and addresses that it is for. */
  readonly names: readonly string[]
  /** As the certificate has it: `Nov 27 00:00:00 2026 GMT`. */
  readonly validFrom: string
  readonly validTo: string
}

export interface LookOptions {
  readonly registry: URL
  readonly transport: Transport
  readonly clock: Clock
  readonly timeoutMs: number
}

/** Asks without a token and without checking the certificate; undefined where there is no answer. Never rejects. */
export async function lookUnverified(options: LookOptions): Promise<UnverifiedLook | undefined> {
  const { registry, transport, clock, timeoutMs } = options
  const url = new URL(registry.href.replace(/^ws/, 'http').replace(/\/$/, '') + REGISTRATION_PATH)
  const limit = deadline(clock, timeoutMs)
  const { signal } = limit
  try {
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
    const access = await transport(url, { signal, onStage: () => {}, onWay: () => {} })
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request(url, { signal, agent: false, rejectUnauthorized: false, ...access }, resolve)
      asked.on('error', reject)
      asked.on('upgrade', (_response, socket) => {
        socket.destroy()
        reject(new Error('an upgrade that nobody asked for'))
      })
      asked.end()
    })
    const { location, date } = answer.headers
    const certificate = certificateOf(answer.socket as TLSSocket)
    answer.destroy()
    return { location, date, certificate }
  } catch {
    return undefined
  } finally {
    limit.release()
  }
}

function certificateOf(socket: Partial<TLSSocket>): CertificateLook | undefined {
  const certificate: Partial<DetailedPeerCertificate> = socket.getPeerCertificate?.(true) ?? {}
  const { valid_from: from, valid_to: to, subjectaltname: alternatives = '' } = certificate
  if (from === undefined || to === undefined) return undefined
  const names = [...alternatives.matchAll(/(?:DNS|IP Address):([^,\s"]+)/g)].map(([, name = '']) => name)
  return { names, validFrom: from, validTo: to }
}
