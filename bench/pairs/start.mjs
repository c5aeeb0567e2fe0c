import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startSidecar } from '../launch.mjs'
import { startOnce } from '../measures/start.mjs'
import { ms } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { alternately, mediansOf } from './alternately.mjs'

const STARTS = 5

/** Start with one token and a live puppet. @type {PairMeasure} see ../pairs.mjs */
export const START = {
  metrics: {
    loggedMs: { text: `start to the first log line, median of ${STARTS}`, format: ms },
    registeredMs: { text: `start to registered, puppet live, median of ${STARTS}`, format: ms },
  },
  measurePair({ mains, pair }) {
    return withProcesses(async (keep) => {
      const puppetPort = await freePort()
      keep(await startPuppet(puppetPort))
      const start = async (build) => {
        const adminPort = await freePort()
        const { loggedMs, registeredMs } = await startOnce((registryPort) =>
          startSidecar({ token: newToken(), puppetPort, registryPort, adminPort, main: mains[build] }),
        )
        return { loggedMs, registeredMs }
      }
      return mediansOf(await alternately(STARTS, pair, start))
    })
  },
}
