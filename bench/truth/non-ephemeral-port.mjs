import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ephemeral range, from which kernels take ports for outgoing connections (Linux: 32768 and up): a process that
 * listens here may be down for a while and finds its port free when it is back.
 */
const RANGE = { first: 20_000, count: 10_000 }
const TRIES = 50
const taken = new Set()

/** A TCP port that nothing listens on, and that no outgoing connection takes while its owner is down. */
export async function nonEphemeralPort() {
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
