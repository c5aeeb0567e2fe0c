import { freePort } from '../../free-port.mjs'
import { startPuppet, startSidecar } from '../../launch.mjs'
import { formatCount, ms, quantile } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { startRecordingRegistry } from '../../start-recording-registry.mjs'
import { sleep } from '../../time.mjs'
import { writeTokenFile } from '../../token-file.mjs'

const TOKENS = 1000
const QUERIES = 5000
const PAUSE_MS = 10
const START_MS = 90_000
/** The first verifications have begun. */
const SETTLE_MS = 8000
const WANTED_MS = 2

/** 1,000 tokens that verify as often as they may, beside as many that do not: who is asked how often, and how soon the port query is answered. */
export function measureManyTokens() {
  return withProcesses(async (keep) => {
    const puppetPort = await freePort()
    keep(await startPuppet(puppetPort))
    const start = async (interval) => {
      const registry = keep(await startRecordingRegistry({ answersHostQueries: true }))
      const { path: file } = keep(writeTokenFile(TOKENS))
      const more = {
        WECHATY_PUPPET_SERVICE_TOKEN_FILE: file,
        REGISTRAR_CONNECT_RATE: '1000',
        REGISTRAR_VERIFY_INTERVAL: interval,
      }
      const adminPort = await freePort()
      const sidecar = keep(startSidecar({ puppetPort, registryPort: registry.port, adminPort, more }))
      await sidecar.whileRunning(START_MS, 'all are registered', registry.registered(TOKENS))
      return registry
    }
    const registries = { verifying: await start('1s'), without: await start('0') }
    await sleep(SETTLE_MS)
    await registries.verifying.hostQueries()
    const took = { verifying: [], without: [] }
    const kinds = Object.keys(took)
    for (let sent = 0; sent < QUERIES; sent += 1) {
      for (const kind of kinds) took[kind].push(await registries[kind].queryPort(puppetPort))
      // The first of the two pays for waking up.
      kinds.reverse()
      await sleep(PAUSE_MS)
    }
    const atMs = await registries.verifying.hostQueries()
    const silent = (await registries.without.hostQueries()).length === 0
    if (!silent) throw new Error('verification was not off')
    return [rateRow(atMs), tookRow(took)]
  })
}

function rateRow(atMs) {
  const gaps = atMs.slice(1).map((at, index) => at - atMs[index])
  const perSecond = gaps.length / ((atMs.at(-1) - atMs[0]) / 1000)
  return {
    measure: `${formatCount(TOKENS)} tokens, each to be verified every second: queries a second, of ${formatCount(atMs.length)}`,
    value: `${perSecond.toFixed(3)}/s (nearest: ${ms(Math.min(...gaps))} apart)`,
    wanted: 'at most 1/s',
    held: perSecond <= 1,
  }
}

function tookRow({ verifying, without }) {
  const p99 = quantile(verifying, 0.99)
  const both = (took) => `${ms(quantile(took, 0.5))} / ${ms(quantile(took, 0.99))}`
  return {
    measure: `the port query's round trip meanwhile, p50 / p99 of ${formatCount(verifying.length)}`,
    value: both(verifying),
    beside: `a sidecar that verifies nothing: ${both(without)}`,
    ratio: p99 / quantile(without, 0.99),
    wanted: `p99 at most ${WANTED_MS} ms`,
    held: p99 <= WANTED_MS,
  }
}
