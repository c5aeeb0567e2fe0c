import { Agent, get } from 'node:http'
import { eventually, now } from './time.mjs'

const agent = new Agent({ keepAlive: true })
const UNREGISTERED_EVERY_MS = 5
/**
 * A registered token is polled less often: each discovery may send the sidecar a port query and an acknowledgement, and a
 * sidecar takes more than 100 events a second for a flood.
 */
const REGISTERED_EVERY_MS = 25

/** Resolves with the time at which discovery first finds a token. */
export function untilDiscoverable(registryPort, token, ms) {
  return until(200, { registryPort, token, ms, everyMs: UNREGISTERED_EVERY_MS, what: 'discoverable' })
}

/** Resolves with the time at which discovery first answers 404 for a token. */
export function untilWithdrawn(registryPort, token, ms) {
  return until(404, { registryPort, token, ms, everyMs: REGISTERED_EVERY_MS, what: 'withdrawn' })
}

function until(wanted, { registryPort, token, ms, everyMs, what }) {
  return eventually(ms, what, everyMs, async () => {
    const status = await statusOf(`http://127.0.0.1:${registryPort}/v0/hosties/${token}`)
    return status === wanted ? now() : undefined
  })
}

function statusOf(url) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
      response.on('error', reject)
    }).on('error', reject)
  })
}

/** Closes the idle connections to registries. */
export function closeDiscoveryConnections() {
  agent.destroy()
}
