import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { startCommand, stopAllPeers } from '../support/child.ts'

/** A registry without a cluster has 1.8 MiB, and 4.5 if what the parser needed for main.js stays. */
const HEAP_MAX_KIB = 3200

afterEach(stopAllPeers)

// Later versions of Node.js begin with more names of their own, and keep that memory with or without a cluster.
it.runIf(process.version.startsWith('v20.'))(
  'a registry without REGISTRY_NATS_URL gives back what V8 needed to parse main.js',
  async () => {
    const env = { REGISTRY_LISTEN_HOST: '127.0.0.1', REGISTRY_LISTEN_PORT: '0', REGISTRY_ADMIN_PORT: '0' }
    const registry = startCommand(['registry'], { env })
    await registry.line(/registry listens/, { timeoutMs: 15_000 })
    expect(heapOf(registry.pid)).toBeLessThan(HEAP_MAX_KIB)
  },
)

/** Resident memory, in KiB, that malloc() holds for the main thread. */
function heapOf(pid: number): number {
  const [, kib] = /\[heap\]\n(?:.*\n)*?Rss: +(\d+) kB/.exec(readFileSync(`/proc/${pid}/smaps`, 'utf8')) ?? []
  return Number(kib)
}
