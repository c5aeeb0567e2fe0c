import { newToken } from '../cast.mjs'
import { eventually, now, sleep } from '../time.mjs'
import { discoveryAsker, holdAsker, truthAsker } from './askers.mjs'
import { play } from './play.mjs'
import { quietPort } from './quiet-port.mjs'
import { Registry } from './registries.mjs'
import { Relay } from './relay.mjs'
import { SUBJECTS } from './subjects.mjs'

const PEACE_MS = 30_000
/** After the last fault, so that it has its pause like all others. */
const ANSWERED_FOR_MS = 1000

/**
 * One subject with its puppet at one registry. Runs the script and resolves with what was seen:
 * `{registry, subject, beganMs, windows, truth, answers, holds}`, see lie-time.mjs.
 */
export async function runWorld({ registryKind, subject, plan, log }) {
  const world = await build(registryKind, subject)
  const name = `${subject} at ${registryKind}`
  try {
    await start(world)
    const { truth, discovery, holds } = world.askers
    const asking = [truth, discovery, ...(holds ? [holds] : [])].map((asker) => asker.run())
    await eventually(PEACE_MS, `${name}: peace`, 50, async () => inPeace(world))
    const { beganMs, windows } = await runPlan(plan, world, (text) => log(`${name}: ${text}`))
    await discovery.stop()
    await holds?.stop()
    // What was asked at the end is held against what is true when it is answered.
    await sleep(ANSWERED_FOR_MS)
    await truth.stop()
    await Promise.all(asking)
    const samples = {
      truth: truth.samples,
      answers: discovery.samples,
      holds: holds?.samples ?? [],
    }
    return { registry: registryKind, subject, beganMs, windows, ...samples }
  } finally {
    await end(world)
  }
}

async function build(registryKind, subject) {
  const [puppetPort, registryPort, relayPort] = [await quietPort(), await quietPort(), await quietPort()]
  const token = newToken()
  const relay = new Relay(relayPort, registryPort)
  const registry = new Registry(registryKind, registryPort, relay)
  const cast = await SUBJECTS[subject].cast({ token, puppetPort, registryPort: relayPort })
  const askers = {
    truth: truthAsker(puppetPort),
    discovery: discoveryAsker({ registryPort, token, puppetPort }),
    holds: cast.adminPort === undefined ? undefined : holdAsker(cast.adminPort),
  }
  return { relay, registry, askers, ...cast }
}

async function start({ registry, puppet, sidecar, oracle }) {
  await registry.start()
  await puppet.start()
  if (sidecar !== puppet) await sidecar.start?.()
  await oracle?.start()
}

async function end({ relay, registry, puppet, sidecar, oracle, askers }) {
  await oracle?.end()
  await sidecar.down?.()
  await puppet.down()
  await registry.end()
  await relay.end()
  for (const asker of Object.values(askers)) void asker?.stop()
}

function inPeace({ askers: { truth, discovery } }) {
  const answered = (samples) => samples.findLast(({ answeredMs }) => answeredMs !== undefined)
  return (answered(truth.samples)?.up && answered(discovery.samples)?.named) || undefined
}

/** Each fault at its time; its window ends where the next one's begins. */
async function runPlan({ planned, lengthMs }, world, log) {
  const beganMs = now()
  const windows = []
  for (const [index, { fault, atMs }] of planned.entries()) {
    await sleep(Math.max(0, beganMs + atMs - now()))
    const nextMs = planned[index + 1]?.atMs ?? lengthMs
    windows.push({ name: fault.name, beginMs: now(), endMs: beganMs + nextMs })
    const endMs = beganMs + nextMs
    await play(fault, world)
    if (now() > endMs) log(`${fault.name} took ${Math.round(now() - endMs)} ms too long`)
  }
  await sleep(Math.max(0, beganMs + lengthMs - now()))
  for (const [index, window] of windows.entries()) window.endMs = windows[index + 1]?.beginMs ?? window.endMs
  return { beganMs, windows }
}
