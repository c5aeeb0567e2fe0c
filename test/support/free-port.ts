import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which systems take the ports of outgoing connections: thousands of them must not take this one. */
const FIRST = 10_000
const LAST = 32_000
const given = new Set<number>()

/** A TCP port of 127.0.0.1 that nobody listens on now, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
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
