import { freePort } from '../../free-port.mjs'
import { startBareClients, startPuppet, startSidecar } from '../../launch.mjs'
import { withProcesses } from '../../process.mjs'
import { startRecordingRegistry } from '../../start-recording-registry.mjs'
import { writeTokenFile } from '../../token-file.mjs'

/** Connections a second, of the sidecar and of the bare clients. */
export const CONNECT_RATE = 2000

const LIMIT_MS = 90_000

/** A sidecar with the tokens of `file`; returns at once. */
export function startSidecarWithFile({ file, puppetPort, registryPort, adminPort, main }) {
  const more = { WECHATY_PUPPET_SERVICE_TOKEN_FILE: file, REGISTRAR_CONNECT_RATE: CONNECT_RATE }
  return startSidecar({ puppetPort, registryPort, adminPort, more, main })
}

/**
 * Runs `work` with `count` tokens registered by a sidecar at one recording registry, and by bare clients at another. All four are
 * processes, and so is the puppet. The sidecar connects first; `seen` is what the registry recorded.
 */
export function withSidecarAndBareClients(count, work) {
  return withProcesses(async (keep) => {
    const { path: file } = keep(writeTokenFile(count))
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    const puppet = keep(await startPuppet(puppetPort))
    const registered = async (start) => {
      const registry = keep(await startRecordingRegistry())
      const process = keep(start(registry.port))
      const seen = await process.whileRunning(LIMIT_MS, `${count} registrations`, registry.registered(count))
      return { registry, process, seen }
    }
    const ours = await registered((registryPort) =>
      startSidecarWithFile({ file, puppetPort, registryPort, adminPort }),
    )
    const bare = await registered((registryPort) =>
      startBareClients({ file, registryPort, rate: CONNECT_RATE }),
    )
    const restartPuppet = async () => keep(await startPuppet(puppetPort))
    return work({ ours, bare, puppet, puppetPort, restartPuppet })
  })
}
