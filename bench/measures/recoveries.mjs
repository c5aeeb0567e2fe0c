import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startSidecar } from '../launch.mjs'
import { quantile, seconds } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { RecordingRegistry } from '../recording-registry.mjs'
import { now, sleep, within } from '../time.mjs'
import { Relay } from '../truth/relay.mjs'

const SIDECARS = 20
const LIMIT_MS = 40_000
/** A registration is established after 5 s: its loss is retried at once. */
const ESTABLISHED_MS = 5500
const AWAY_MS = 20_000
const BUSY_MS = 4000

/** What happens to the path to the registry, what ends it, and within how long after that all have to be registered again. */
const FAULTS = [
  { name: 'link reset', begin: (relay) => relay.reset(), wantedMs: 500 },
  { name: 'link reset again after 6 s', begin: (relay) => relay.reset(), wantedMs: 500 },
  {
    name: `registry away for ${AWAY_MS / 1000} s (refused)`,
    begin: (relay) => {
      relay.refuse()
      relay.reset()
    },
    forMs: AWAY_MS,
    end: (relay) => relay.listen(),
    wantedMs: 2000,
  },
  { name: 'link reset right after that', begin: (relay) => relay.reset(), wantedMs: 500 },
  {
    name: `registry answers 503 for ${BUSY_MS / 1000} s`,
    begin: (relay) => {
      relay.setAcceptMode('503')
      relay.reset()
    },
    forMs: BUSY_MS,
    end: (relay) => relay.setAcceptMode('pass'),
    wantedMs: 3000,
  },
  { name: 'link black-holed', begin: (relay) => relay.blackHole(), wantedMs: 5500 },
]

/** Twenty sidecars of one token lose their registry together, several times: how long until each is registered again. */
export function measureRecoveries() {
  return withProcesses(async (keep) => {
    const recorder = keep(await new RecordingRegistry().start())
    const relay = keep(new Relay(await freePort(), recorder.port))
    await relay.listen()
    const puppetPort = await freePort()
    keep(await startPuppet(puppetPort))
    const all = untilRegistered(recorder)
    for (let count = 0; count < SIDECARS; count += 1)
      keep(startSidecar({ token: newToken(), puppetPort, registryPort: relay.port, adminPort: 0 }))
    await all
    const rows = []
    for (const fault of FAULTS) rows.push(await measure(fault, relay, recorder))
    return rows
  })
}

async function measure({ name, begin, forMs = 0, end = () => {}, wantedMs }, relay, recorder) {
  await sleep(ESTABLISHED_MS)
  const all = untilRegistered(recorder)
  begin(relay)
  await sleep(forMs)
  const overMs = now()
  await end(relay)
  const took = (await all).map((atMs) => atMs - overMs)
  const p99 = quantile(took, 0.99)
  return {
    measure: `${name}: over to registered again, p50 / p99 of ${took.length}`,
    value: `${seconds(quantile(took, 0.5))} / ${seconds(p99)}`,
    wanted: `p99 at most ${seconds(wantedMs)}`,
    held: p99 <= wantedMs,
  }
}

/** Resolves with the times at which the sidecars were registered next. */
function untilRegistered(recorder) {
  const times = []
  return within(
    LIMIT_MS,
    'all are registered',
    new Promise((resolve) => {
      const registered = ({ atMs }) => {
        times.push(atMs)
        if (times.length < SIDECARS) return
        recorder.off('registered', registered)
        resolve(times)
      }
      recorder.on('registered', registered)
    }),
  )
}
