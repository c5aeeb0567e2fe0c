import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { report } from '../../netns/support/report.ts'
import type { Command, Peer } from '../../support/child.ts'
import { percentiles } from '../../support/percentile.ts'
import { chromiumPath } from '../support/chromium.ts'
import { type Daemons, startDaemons, TOKEN } from '../support/daemons.ts'
import { logTimeAfter } from '../support/log-time-after.ts'
import { untilSentence, untilText } from '../support/reading.ts'
import { useViewer } from '../support/viewer.ts'

/** From a fact to the instant at which it can be read at most, in milliseconds: updates come at most once a second. */
const SEEN_MS = 1500
/** Each fact happens so often, each time at another moment between two updates. */
const ROUNDS = 3

/** The address comes with the answer that clients get, which is asked for later. */
const FINDABLE = /Findable( at 127\.0\.0\.1:\d+)?(?: for \d+ s)?$/
/** In the heading of its band in the timeline. */
const PUPPET_UP = /Puppet\s+\S+ (up and down, )?healthy/
const PUPPET_AWAY = /Not findable: the puppet does not answer \(.+\)(?: for \d+ s)?$/
const REGISTRY_AWAY = /Not findable: the registry cannot be reached \(.+\)(?: for \d+ s)?$/

/** How long after a line of the log something can be read that was waited for since before. */
async function delayMs(
  command: Command,
  match: RegExp,
  act: () => unknown,
  read: () => Promise<number>,
): Promise<number> {
  const [factMs, readMs] = await Promise.all([logTimeAfter(command, match, act), read()])
  return readMs - factMs
}

/** Each fact each time, and not only mostly. */
function expectSeen(delaysMs: Readonly<Record<string, readonly number[]>>): void {
  const facts = Object.entries(delaysMs).map(([fact, delays]) => {
    const { p50, max } = percentiles(delays)
    return { fact, median: p50, worst: max, delays }
  })
  report('from the fact to the page, ms', facts)
  expect(facts.filter(({ worst }) => worst >= SEEN_MS)).toEqual([])
}

describe.runIf(chromiumPath !== undefined)('within 1.5 s', () => {
  const viewer = useViewer()
  let daemons: Daemons
  let puppet: Peer | undefined
  beforeAll(async () => {
    daemons = await startDaemons()
  })
  afterEach(async () => {
    await puppet?.stop()
  })
  afterAll(() => daemons.registry.peers.end())

  const startPuppet = async (): Promise<void> => {
    puppet = await daemons.startPuppet()
  }

  it('a puppet is read to be up and findable, and not any more when it is killed', async () => {
    const { command } = daemons.sidecar
    const page = await viewer.open(daemons.adminPort)
    await untilSentence(page, PUPPET_AWAY)
    const kill = (): unknown => puppet?.kill('SIGKILL')
    const [up, registered, killed]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      const started = startPuppet()
      const [upMs, registeredMs] = await Promise.all([
        delayMs(
          command,
          /"msg":"puppet is healthy"/,
          () => started,
          () => untilText(page, PUPPET_UP),
        ),
        delayMs(
          command,
          /"msg":"registered"/,
          () => started,
          () => untilSentence(page, FINDABLE),
        ),
      ])
      up.push(upMs)
      registered.push(registeredMs)
      const unhealthy = /"msg":"puppet is unhealthy/
      killed.push(await delayMs(command, unhealthy, kill, () => untilSentence(page, PUPPET_AWAY)))
      await puppet?.exited
    }
    expectSeen({ up, registered, killed })
  })

  it('a registry is read to be away, and to be back', async () => {
    const { command } = daemons.sidecar
    await startPuppet()
    const page = await viewer.open(daemons.adminPort)
    await untilSentence(page, FINDABLE)
    const kill = (): unknown => daemons.registry.command.kill('SIGKILL')
    const start = (): unknown => daemons.startRegistry()
    const [away, back]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      const lost = /"msg":"no connection to the registry/
      away.push(await delayMs(command, lost, kill, () => untilSentence(page, REGISTRY_AWAY)))
      back.push(await delayMs(command, /"msg":"registered"/, start, () => untilSentence(page, FINDABLE)))
    }
    expectSeen({ away, back })
  })

  it('a second registrant is read on both pages, with what to do', async () => {
    const { registry } = daemons
    await startPuppet()
    const page = await viewer.open(daemons.adminPort)
    await untilSentence(page, FINDABLE)
    const ofRegistry = await viewer.open(registry.adminPort)
    await untilSentence(ofRegistry, /Serving 1 token of 1 registrant/)
    const [second, atRegistry]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      const { socket } = await registry.peers.register({ token: TOKEN, answers: 4000 })
      const registeredMs = Date.now()
      const [readMs, readThereMs] = await Promise.all([
        untilText(page, /To do: end the other one/),
        untilText(ofRegistry, /several registrants have one token, and clients/i),
      ])
      second.push(readMs - registeredMs)
      atRegistry.push(readThereMs - registeredMs)
      await untilSentence(page, /Not findable: .*another registrant/)
      socket.close()
      await untilText(page, /^(?!.*To do: end the other one)/s)
      await untilText(ofRegistry, /^(?!.*several registrants have one token, and clients)/is)
      await untilSentence(page, FINDABLE)
    }
    expectSeen({ second, atRegistry })
  })
})
