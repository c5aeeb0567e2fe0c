import { once } from 'node:events'
import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startSidecar } from '../launch.mjs'
import { randomPause, settle } from '../measures/puppet-failures.mjs'
import { ms } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { RecordingRegistry } from '../recording-registry.mjs'
import { now } from '../time.mjs'
import { alternately, mediansOf } from './alternately.mjs'

const KILLS = 8
const LIMIT_MS = 60_000

/** The puppet is killed and comes back. @type {PairMeasure} see ../pairs.mjs */
export const KILL = {
  metrics: {
    withdrawnMs: {
      text: `puppet killed to the link closed at the registry, median of ${KILLS}`,
      format: ms,
    },
    backMs: { text: `puppet's port opened again to registered, median of ${KILLS}`, format: ms },
  },
  async measurePair({ mains, pair }) {
    return mediansOf(await alternately(KILLS, pair, (build) => killOnce(mains[build])))
  },
}

/** A new sidecar for each kill: after a withdrawal, flap damping delays the next registration. */
function killOnce(main) {
  return withProcesses(async (keep) => {
    const registry = keep(await new RecordingRegistry().start())
    const puppetPort = await freePort()
    const puppet = keep(await startPuppet(puppetPort))
    const registered = once(registry, 'registered')
    const sidecar = keep(
      startSidecar({ token: newToken(), puppetPort, registryPort: registry.port, adminPort: 0, main }),
    )
    const measure = async () => {
      const [{ socket }] = await registered
      await settle()
      const closed = once(socket, 'close').then(now)
      const killedMs = now()
      puppet.kill('SIGKILL')
      const withdrawnMs = (await closed) - killedMs
      const again = once(registry, 'registered')
      await randomPause()
      const { boundMs } = keep(await startPuppet(puppetPort))
      const [{ atMs }] = await again
      return { withdrawnMs, backMs: atMs - boundMs }
    }
    return sidecar.whileRunning(LIMIT_MS, 'a kill', measure())
  })
}
