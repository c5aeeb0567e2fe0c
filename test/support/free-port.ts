import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which systems take the ports of outgoing connections: thousands of them must not take this one. */
const FIRST = 10_000
const LAST = 32_000
/**
 * A port is free until somebody listens there, so that files of tests that run side by side could be given the same one. Each worker of
 * the runner takes from a part of its own.
 */
const PARTS = 8
const PART = (LAST - FIRST) / PARTS
const OURS = FIRST + (Number(process.env.VITEST_POOL_ID ?? 0) % PARTS) * PART
const given = new Set<number>()

/** A TCP port of 127.0.0.1 that nobody listens on now, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = OURS + Math.floor(Math.random() * PART)
    if (!given.has(port) && (await isFree(port))) {
      given.add(port)
      return port
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
