import { fileURLToPath } from 'node:url'
import { startRegistry } from '../../cast.mjs'
import { cores } from '../../cores.mjs'
import { Process } from '../../process.mjs'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const UPSTREAM = at('../../../test/peers/chatie-registry.mjs')
const BARE = at('../../bare-registry.mjs')
const BARE_HTTP = at('../../bare-http.mjs')
const START_MS = 15_000

/** Registrants come from one address here: the limit on upgrades of an address would be measured, not the registry. */
const NO_UPGRADE_LIMIT = '1000000'

const STARTS = {
  ours: () => startRegistry({ REGISTRY_UPGRADE_RATE: NO_UPGRADE_LIMIT, REGISTRY_ADMIN_PORT: '0' }),
  upstream: () => startPeer([UPSTREAM]),
  bare: () => startPeer([BARE]),
}

/** What one can be registered at, a process of its own: `ours`, `upstream` or `bare`. */
export async function startOf(kind) {
  const registry = await STARTS[kind]()
  cores.give(registry.pid)
  return registry
}

/** A bare node:http server that gives the same answer as the server on `port` gives for `path`. */
export async function startBareHttp(port, path) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  const body = await response.text()
  // These are node's own, and it writes them again.
  const own = ['connection', 'date', 'keep-alive', 'transfer-encoding']
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !own.includes(name)))
  const answer = JSON.stringify({ status: response.status, headers, body })
  const server = await startPeer([BARE_HTTP, answer])
  cores.give(server.pid)
  return server
}

async function startPeer(args) {
  const process = new Process(args, { ipc: true })
  const { port } = await process.message('a server listens', START_MS)
  return Object.assign(process, { port })
}
