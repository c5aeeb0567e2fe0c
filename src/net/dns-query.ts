import { Resolver } from 'node:dns'
import type { Cancel, Clock } from '../lib/clock.ts'

/** What name servers say about a name. */
export type NameAnswer =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  /** There is no such name, or it has no address. */
  | { readonly kind: 'missing' }
  /** They answer with an error, or cannot be asked. */
  | { readonly kind: 'failed' }

type Family = 4 | 6

export interface QueryOptions {
  readonly clock: Clock
  /** Name servers, perhaps with a port; undefined: those of the machine. */
  readonly servers: readonly string[] | undefined
}

/**
 * How long one question waits for its answer, in milliseconds: what glibc waits. A new question does not end an older one: a name
 * server may take its time, or come back.
 */
const QUESTION_MS = 5000
const ASK_AGAIN_MS = 750
/** How long the other family may take when one has been answered (RFC 8305 §3); IPv4 works in more places, and is given more. */
const WAIT_FOR_MS: Record<Family, number> = { 4: 300, 6: 50 }

/** Errors that are an answer, all the same: NXDOMAIN, no address, a name that cannot be one. */
const MISSING: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])
/** Not an answer: the question has been called off, or was in vain. */
const NO_ANSWER: ReadonlySet<string | undefined> = new Set(['ECANCELLED', 'ETIMEOUT'])

/**
 * Asks name servers for the addresses of a full name, IPv4 first, again and again until there is an answer; undefined when `signal`
 * aborts before. Each round begins with another server. Never rejects. Nothing is left behind: c-ares can be called off, unlike
 * `getaddrinfo`, whose thread the end of the process would wait for.
 */
export function queryAddresses(
  name: string,
  { clock, servers }: QueryOptions,
  signal: AbortSignal,
): Promise<NameAnswer | undefined> {
  return new Promise((resolve) => {
    const answers = new Map<Family, NameAnswer>()
    const resolvers: Resolver[] = []
    const cancels: Cancel[] = []
    const end = (answer: NameAnswer | undefined): void => {
      signal.removeEventListener('abort', abort)
      for (const cancel of cancels) cancel()
      for (const resolver of resolvers.splice(0)) resolver.cancel()
      resolve(answer)
    }
    const abort = (): void => end(undefined)
    const heard = (family: Family, answer: NameAnswer): void => {
      if (answers.has(family)) return
      answers.set(family, answer)
      const [ipv4, ipv6] = [answers.get(4), answers.get(6)]
      if (ipv4 !== undefined && ipv6 !== undefined) return end(together(ipv4, ipv6))
      if (answer.kind === 'found')
        cancels.push(clock.after(WAIT_FOR_MS[family === 4 ? 6 : 4], () => end(answer)))
    }
    const ask = (round: number): void => {
      const resolver = createResolver(servers, round)
      resolvers.push(resolver)
      const listener = (family: Family) => (error: NodeJS.ErrnoException | null, addresses: string[]) => {
        if (!NO_ANSWER.has(error?.code)) heard(family, answerOf(error, addresses))
      }
      if (!answers.has(4)) resolver.resolve4(name, listener(4))
      if (!answers.has(6)) resolver.resolve6(name, listener(6))
      cancels.push(clock.after(ASK_AGAIN_MS, () => ask(round + 1)))
    }
    if (signal.aborted) return resolve(undefined)
    signal.addEventListener('abort', abort, { once: true })
    ask(0)
  })
}

function createResolver(servers: readonly string[] | undefined, round: number): Resolver {
  const resolver = new Resolver({ timeout: QUESTION_MS, tries: 1 })
  const all = servers ?? resolver.getServers()
  const first = round % Math.max(all.length, 1)
  if (servers === undefined && first === 0) return resolver
  try {
    resolver.setServers([...all.slice(first), ...all.slice(0, first)])
  } catch {
    // A link-local server, whose zone Node.js does not write down in a form that it reads: then in the usual order.
  }
  return resolver
}

function answerOf(error: NodeJS.ErrnoException | null, addresses: readonly string[]): NameAnswer {
  if (error === null) return addresses.length === 0 ? { kind: 'missing' } : { kind: 'found', addresses }
  return { kind: MISSING.has(error.code) ? 'missing' : 'failed' }
}

function together(ipv4: NameAnswer, ipv6: NameAnswer): NameAnswer {
  const addresses = [ipv4, ipv6].flatMap((answer) => (answer.kind === 'found' ? answer.addresses : []))
  if (addresses.length > 0) return { kind: 'found', addresses }
  return { kind: ipv4.kind === 'failed' || ipv6.kind === 'failed' ? 'failed' : 'missing' }
}
