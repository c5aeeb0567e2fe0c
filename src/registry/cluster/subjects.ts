import { createHash } from 'node:crypto'

/** The subjects that the nodes of a cluster use. Tokens may hold dots and wildcards, so their hash stands for them. */
export class Subjects {
  readonly alive: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.alive = `${prefix}.alive`
  }

  /** Where the node listens that clients of a token are sent to. */
  ask(hash: string): string {
    return `${this.#prefix}.ask.${hash}`
  }

  /** Where the nodes listen that have other registrants of it. */
  fallback(hash: string): string {
    return `${this.#prefix}.fallback.${hash}`
  }

  node(node: string): string {
    return `${this.#prefix}.node.${node}`
  }

  /** @param request its number, or `*` */
  reply(node: string, request: string): string {
    return `${this.#prefix}.reply.${node}.${request}`
  }

  /** Whether a question wants its answer where nodes listen for answers: none is sent elsewhere. */
  isReply(subject: string): boolean {
    const before = `${this.#prefix}.reply.`
    return subject.startsWith(before) && REPLY.test(subject.slice(before.length))
  }
}

/** A node, and the number of its question. */
const REPLY = /^[0-9a-f]{16}\.\d{1,16}$/

/** What follows the last dot of a subject. */
export function lastPart(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}

/** What stands for a secret where other nodes see it: its SHA-256, 64 hex digits. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
