import { newToken } from '../launch.mjs'
import { eventually, now, sleep } from '../time.mjs'
import { nonEphemeralPort } from './non-ephemeral-port.mjs'
import { discoveryPoller, sidecarPoller, truthPoller } from './pollers.mjs'
import { createRegistry } from './registries.mjs'
import { Relay } from './relay.mjs'
import { runFault } from './run-fault.mjs'
import { SUBJECTS } from './subjects.mjs'

/** Between the starts of the subjects, so that their faults do not fall together: a start of upstream takes seconds of a core. */
export const STAGGER_MS = 1700
const READY_MS = 30_000
/** The puppet is sampled for this long after the last discovery: late answers are compared with it. */
const TRUTH_AFTER_MS = 1000

/**
 * Runs all faults of the plan with one subject and its puppet at one registry. `more`: added to a sidecar's environment. Resolves with
 * the samples `{registry, subject, beganMs, windows, truth, answers, holds}`, see lie-time.mjs and alarms.mjs.
 */
export async function runSubject({ registryKind, subject, main, more, plan, log }) {
  const testbed = await build({ registryKind, subject, main, more })
  const name = `${subject} at ${registryKind}`
  try {
    await start(testbed)
    const { truth, discovery, holds } = testbed.pollers
    const asking = [truth, discovery, ...(holds ? [holds] : [])].map((poller) => poller.run())
    await eventually(READY_MS, `${name}: the puppet is discovered`, 50, async () => isReady(testbed))
    const { beganMs, windows } = await runPlan(plan, testbed, (text) => log(`${name}: ${text}`))
    await discovery.stop()
    await holds?.stop()
    await sleep(TRUTH_AFTER_MS)
    await truth.stop()
    await Promise.all(asking)
    const samples = {
      truth: truth.samples,
      answers: discovery.samples,
      holds: holds?.samples ?? [],
    }
    return { registry: registryKind, subject, beganMs, windows, ...samples }
  } finally {
    await end(testbed)
  }
}

async function build({ registryKind, subject, main, more }) {
  const [puppetPort, registryPort, relayPort] = [
    await nonEphemeralPort(),
    await nonEphemeralPort(),
    await nonEphemeralPort(),
  ]
  const token = newToken()
  const relay = new Relay(relayPort, registryPort)
  const registry = await createRegistry(registryKind, registryPort, relay)
  const participants = await SUBJECTS[subject].create({
    ...{ token, puppetPort, main, more },
    registryPort: relayPort,
  })
  const pollers = {
    truth: truthPoller(puppetPort),
    discovery: discoveryPoller({ registryPort: registry.discoveryPort ?? registryPort, token, puppetPort }),
    holds: participants.adminPort && sidecarPoller(participants.adminPort),
  }
  return { relay, registry, pollers, ...participants }
}

async function start({ registry, puppet, sidecar, oracle }) {
  await registry.start()
  await puppet.start()
  if (sidecar !== puppet) await sidecar.start?.()
  await oracle?.start()
}

async function end({ relay, registry, puppet, sidecar, oracle, pollers }) {
  await oracle?.end()
  await sidecar.down?.()
  await puppet.down()
  await registry.end()
  await relay.end()
  for (const poller of Object.values(pollers)) void poller?.stop()
}

function isReady({ pollers: { truth, discovery } }) {
  const answered = (samples) => samples.findLast(({ answeredMs }) => answeredMs !== undefined)
  return (answered(truth.samples)?.up && answered(discovery.samples)?.named) || undefined
}

/** Runs each fault at its time; its window ends where the next one's begins. */
async function runPlan({ planned, lengthMs }, testbed, log) {
  const beganMs = now()
  const windows = []
  for (const [index, { fault, atMs }] of planned.entries()) {
    await sleep(Math.max(0, beganMs + atMs - now()))
    const nextMs = planned[index + 1]?.atMs ?? lengthMs
    windows.push({ name: fault.name, beginMs: now(), endMs: beganMs + nextMs })
    const endMs = beganMs + nextMs
    await runFault(fault, testbed)
    if (now() > endMs) log(`${fault.name} took ${Math.round(now() - endMs)} ms too long`)
  }
  await sleep(Math.max(0, beganMs + lengthMs - now()))
  for (const [index, window] of windows.entries()) window.endMs = windows[index + 1]?.beginMs ?? window.endMs
  return { beganMs, windows }
}
