import { Agent, get } from 'node:http'
import { eventually, now } from './time.mjs'

const agent = new Agent({ keepAlive: true })
const WAITING_EVERY_MS = 5
/**
 * A registered token is asked for less often: each discovery makes the registry ask the sidecar and acknowledge its answer,
 * and a sidecar takes more than 100 events a second for a flood.
 */
const REGISTERED_EVERY_MS = 25

/** When a token could first be discovered. */
export function untilDiscoverable(registryPort, token, ms) {
  return until(200, { registryPort, token, ms, everyMs: WAITING_EVERY_MS, what: 'discoverable' })
}

/** When a token could first not be discovered any more. */
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

/** Closes what is kept open between two questions. */
export function endDiscovery() {
  agent.destroy()
}
