import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.mjs'
import { Process } from './process.mjs'
import { eventually } from './time.mjs'
import { IO_CLIENT } from './upstream.mjs'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
/** The command that `npm run build` makes of this tree. */
export const MAIN = at('../dist/main.js')
const START_MS = 15_000

/** A puppet that has bound `port`; `boundMs` says when. */
export async function startPuppet(port) {
  const process = launchPuppet(port)
  const { boundMs } = await process.firstMessage('the puppet binds its port')
  return Object.assign(process, { boundMs })
}

/** A puppet that binds `port`, and reports it in its first message. `preload`: arguments of `node` that come first. */
export function launchPuppet(port, preload = []) {
  return new Process([...preload, at('puppet.mjs'), String(port)], { ipc: true })
}

/**
 * The sidecar under measurement, with default settings but for `more` of its environment; returns at once. `main`: the built
 * command, by default this tree's.
 */
export function startSidecar({ token, puppetPort, registryPort, adminPort, more = {}, main = MAIN }) {
  return new Process([main, 'run'], {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: token,
      WECHATY_PUPPET_SERVER_PORT: puppetPort,
      REGISTRAR_REGISTRY_URL: `http://127.0.0.1:${registryPort}`,
      REGISTRAR_ADMIN_PORT: adminPort,
      LOG_FORMAT: 'json',
      ...more,
    },
  })
}

/** Resolves when a sidecar's admin server answers, so that its start is over. */
export async function untilUp(sidecar, adminPort) {
  const answers = async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/livez`).catch(() => undefined)
    await response?.text()
    return response?.ok || undefined
  }
  await sidecar.whileRunning(
    START_MS,
    'the sidecar starts',
    eventually(START_MS, 'the sidecar starts', 20, answers),
  )
}

/** The product's own registry, listening on its `port`, with default settings but for `more` of its environment. */
export async function startRegistry(more = {}, main = MAIN) {
  const port = await freePort()
  const process = launchRegistry(port, more, main)
  await untilRegistryUp(process, port)
  return Object.assign(process, { port })
}

/** Starts the registry without waiting until it listens. */
export function launchRegistry(port, more = {}, main = MAIN) {
  return new Process([main, 'registry'], {
    // No admin server: two registries at once would need the same port for it.
    env: { REGISTRY_LISTEN_HOST: '127.0.0.1', REGISTRY_LISTEN_PORT: port, REGISTRY_ADMIN_PORT: 0, ...more },
  })
}

/** Resolves when a registry answers. Discovery is not asked: shortly after a start, unknown tokens are answered late. */
export async function untilRegistryUp(process, port) {
  const answers = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    await response?.text()
    return response?.status === 404 || undefined
  }
  const what = 'the registry starts'
  await process.whileRunning(START_MS, what, eventually(START_MS, what, 20, answers))
}

/** Bare `ws` clients, one for each token of `file`, connecting at `rate` a second; returns at once. */
export function startBareClients({ file, registryPort, rate }) {
  const url = `ws://127.0.0.1:${registryPort}/v0/websocket`
  return new Process([at('bare-clients.mjs'), url, file, String(rate)], { ipc: true })
}

/**
 * Upstream's gateway with its mock puppet: it binds `puppetPort` (of all interfaces; it cannot be told otherwise).
 * `preload`: arguments of `node` that come first. `more`: added to its environment.
 */
export function startUpstream({ token, puppetPort, registryPort, preload = [], more = {} }) {
  const cwd = mkdtempSync(join(tmpdir(), 'bench-upstream-'))
  const process = new Process([...preload, IO_CLIENT], {
    cwd,
    ipc: preload.length > 0,
    env: {
      WECHATY_LOG: 'silent',
      WECHATY_PUPPET: 'wechaty-puppet-mock',
      WECHATY_TOKEN: token,
      WECHATY_PUPPET_SERVER_PORT: puppetPort,
      WECHATY_APIHOST: `127.0.0.1:${registryPort}`,
      ...more,
    },
  })
  void process.exited.then(() => rmSync(cwd, { recursive: true, force: true }))
  return process
}

/** A token that was not used before in this run. */
export function newToken() {
  newToken.count = (newToken.count ?? 0) + 1
  return `insecure_bench-${process.pid}-${newToken.count}`
}
