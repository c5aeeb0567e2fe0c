import { fileURLToPath } from 'node:url'
import { cpuAffinity } from '../../cpu-affinity.mjs'
import { startRegistry } from '../../launch.mjs'
import { Process } from '../../process.mjs'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const UPSTREAM = at('../../../test/peers/chatie-registry.mjs')
const BARE = at('../../bare-registry.mjs')
const BARE_HTTP = at('../../bare-http.mjs')
const START_MS = 15_000

/** All registrants have one address here: without this, the limit on upgrades of an address would be measured. */
const NO_UPGRADE_LIMIT = '1000000'

const STARTS = {
  ours: (main) => startRegistry({ REGISTRY_UPGRADE_RATE: NO_UPGRADE_LIMIT, REGISTRY_ADMIN_PORT: '0' }, main),
  upstream: () => startServer([UPSTREAM]),
  bare: () => startServer([BARE]),
}

/** Starts a registry, a process of its own: `ours` (built as `main`, by default this tree's), `upstream` or `bare`. */
export async function startRegistryOf(kind, main) {
  const registry = await STARTS[kind](main)
  cpuAffinity.pinToFirstCore(registry.pid)
  return registry
}

/** Starts a bare node:http server that gives the answer of the server on `port` to `path`. */
export async function startBareHttp(port, path) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  const body = await response.text()
  // Node.js writes these headers itself.
  const own = ['connection', 'date', 'keep-alive', 'transfer-encoding']
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !own.includes(name)))
  const answer = JSON.stringify({ status: response.status, headers, body })
  const server = await startServer([BARE_HTTP, answer])
  cpuAffinity.pinToFirstCore(server.pid)
  return server
}

async function startServer(args) {
  const process = new Process(args, { ipc: true })
  const { port } = await process.firstMessage('a server listens', START_MS)
  return Object.assign(process, { port })
}
