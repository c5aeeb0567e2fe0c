import { startBareClients, startPuppet, startSidecar } from '../../cast.mjs'
import { startPeer } from '../../peer.mjs'
import { freePort } from '../../port.mjs'
import { withProcesses } from '../../process.mjs'
import { writeTokenFile } from '../../token-file.mjs'

/** Connections a second, of the sidecar and of the bare clients. */
export const CONNECT_RATE = 2000

const LIMIT_MS = 90_000

/** A sidecar that holds the tokens of `file`; returns at once. */
export function startSidecarOf({ file, puppetPort, registryPort, adminPort }) {
  const more = { WECHATY_PUPPET_SERVICE_TOKEN_FILE: file, REGISTRAR_CONNECT_RATE: CONNECT_RATE }
  return startSidecar({ puppetPort, registryPort, adminPort, more })
}

/**
 * `count` tokens held by a sidecar at one peer, and by bare clients at another: all four are processes of their own, and
 * so is the puppet. They connect one kind after the other; `seen` is what the peer saw of that.
 */
export function withCrowd(count, work) {
  return withProcesses(async (keep) => {
    const { path: file } = keep(writeTokenFile(count))
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    const puppet = keep(await startPuppet(puppetPort))
    const held = async (start) => {
      const peer = keep(await startPeer())
      const process = keep(start(peer.port))
      const seen = await process.needs(LIMIT_MS, `${count} registrations`, peer.registered(count))
      return { peer, process, seen }
    }
    const ours = await held((registryPort) => startSidecarOf({ file, puppetPort, registryPort, adminPort }))
    const bare = await held((registryPort) => startBareClients({ file, registryPort, rate: CONNECT_RATE }))
    const restartPuppet = async () => keep(await startPuppet(puppetPort))
    return work({ ours, bare, puppet, puppetPort, restartPuppet })
  })
}
