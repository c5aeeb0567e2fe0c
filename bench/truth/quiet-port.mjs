import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the range from which kernels take ports for outgoing connections (Linux: 32768 and up). Whoever listens here may go
 * away for a while, and the port is still free when it comes back.
 */
const RANGE = { first: 20_000, count: 10_000 }
const TRIES = 50
const taken = new Set()

/** A TCP port that nothing listens on, and that nobody takes by chance while its owner is away. */
export async function quietPort() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = RANGE.first + Math.floor(Math.random() * RANGE.count)
    if (taken.has(port) || !(await isFree(port))) continue
    taken.add(port)
    return port
  }
  throw new Error(`no free port among ${TRIES}`)
}

async function isFree(port) {
  const server = createServer().listen(port)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
