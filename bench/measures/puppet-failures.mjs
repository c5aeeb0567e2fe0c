import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startRegistry, startSidecar, untilUp } from '../launch.mjs'
import { ms, quantile } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { now, sleep } from '../time.mjs'
import { untilDiscoverable, untilWithdrawn } from '../until-discovery.mjs'

const KILLS = 20
const HANGS = 20
/** The longest pause between two probes: what is measured must not be in step with them. */
const PROBE_INTERVAL_MS = 500
const LIMIT_MS = 20_000

/** The puppet opens its port, is killed, comes back. */
export function measureKills() {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const took = { opened: [], killed: [], back: [] }
    for (let round = 0; round < KILLS; round += 1) {
      await withSidecar(registryPort, async ({ token, startPuppetHere }) => {
        const puppet = await startPuppetHere()
        took.opened.push((await untilDiscoverable(registryPort, token, LIMIT_MS)) - puppet.boundMs)
        await settle()
        const killedMs = now()
        puppet.kill('SIGKILL')
        took.killed.push((await untilWithdrawn(registryPort, token, LIMIT_MS)) - killedMs)
        await randomPause()
        const { boundMs } = await startPuppetHere()
        took.back.push((await untilDiscoverable(registryPort, token, LIMIT_MS)) - boundMs)
      })
    }
    return [
      row('port opened to discoverable', took.opened, 600),
      row('SIGKILL of the puppet to withdrawn', took.killed, 100),
      row('port opened again to discoverable', took.back, 600),
    ]
  })
}

/** The puppet stops answering while its port stays open, and then continues. */
export function measureHangs() {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const took = { hung: [], back: [] }
    for (let round = 0; round < HANGS; round += 1) {
      await withSidecar(registryPort, async ({ token, startPuppetHere }) => {
        const puppet = await startPuppetHere()
        await untilDiscoverable(registryPort, token, LIMIT_MS)
        await settle()
        const stoppedMs = now()
        puppet.kill('SIGSTOP')
        took.hung.push((await untilWithdrawn(registryPort, token, LIMIT_MS)) - stoppedMs)
        await randomPause()
        const continuedMs = now()
        puppet.kill('SIGCONT')
        took.back.push((await untilDiscoverable(registryPort, token, LIMIT_MS)) - continuedMs)
      })
    }
    return [
      row('SIGSTOP of the puppet to withdrawn', took.hung, 2600),
      row('SIGCONT of the puppet to discoverable', took.back, 600),
    ]
  })
}

/** A new sidecar for each round: after a withdrawal, flap damping delays the next registration. */
function withSidecar(registryPort, work) {
  return withProcesses(async (keep) => {
    const token = newToken()
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort }))
    await untilUp(sidecar, adminPort)
    await randomPause()
    const startPuppetHere = async () => keep(await startPuppet(puppetPort))
    await sidecar.whileRunning(3 * LIMIT_MS, 'a round', work({ token, startPuppetHere }))
  })
}

/** Long enough for the probes to have slowed down. */
export async function settle() {
  await sleep(PROBE_INTERVAL_MS)
  await randomPause()
}

export const randomPause = () => sleep(Math.random() * PROBE_INTERVAL_MS)

function row(what, took, wantedMs) {
  const p99 = quantile(took, 0.99)
  return {
    measure: `${what}: p50 / p99 of ${took.length}`,
    value: `${ms(quantile(took, 0.5))} / ${ms(p99)}`,
    wanted: `p99 at most ${wantedMs / 1000} s`,
    held: p99 <= wantedMs,
  }
}
