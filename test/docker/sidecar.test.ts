import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { elapsed, waitUntil } from '../support/wait.ts'
import { type Container, CRASHES, crash, removeAll, tell, timeUntil, untilOld } from './support/container.ts'
import { docker, hasEngine } from './support/engine.ts'
import { buildImages } from './support/images.ts'
import { type Meeting, type Pair, startPair } from './support/pair.ts'

const TOKEN = 'insecure_docker-5c1e'
const PATIENCE_MS = 30_000
/** What docker itself takes to carry a command out, on few and busy cores; what is promised begins after that. */
const DOCKER_MS = 1000

/** How long the sidecar waits for the registry's half of a close. */
const CLOSE_MS = 800

/** How long it takes until a client finds the token, or does not. */
const untilGone = (pair: Pair, what: string): Promise<number> =>
  timeUntil(`${what} to be withdrawn`, async () => (await pair.found()) === 404, PATIENCE_MS)
const untilBack = (pair: Pair, what: string, timeoutMs = PATIENCE_MS): Promise<number> =>
  timeUntil(`${what} to be found`, async () => (await pair.found()) === 200, timeoutMs)

/** The registrants of the token that the registry has, as it says itself. */
async function registrants({ registry }: Pair): Promise<readonly unknown[]> {
  const ask = `fetch('http://127.0.0.1:9789/status').then(async (answer) => console.log(await answer.text()))`
  const { tokens } = JSON.parse(await registry.exec('node', '-e', ask))
  return tokens.flatMap(({ registrants: of }: { registrants: unknown[] }) => of)
}

/** When a log last said something. */
function timeOf(words: string, log: string): number {
  const lines = log.split('\n').filter((line) => line.startsWith('{'))
  const line = lines.map((text) => JSON.parse(text)).findLast(({ msg }) => msg.startsWith(words))
  if (line === undefined) throw new Error(`nobody said "${words}":\n${log}`)
  return Date.parse(line.time)
}

/** With which exit codes a container ended since a time. */
async function exitCodes({ name }: Container, since: Date): Promise<readonly string[]> {
  const seconds = (date: Date): string => String(date.getTime() / 1000)
  const filter = ['--filter', `container=${name}`, '--filter', 'event=die']
  const range = ['--since', seconds(since), '--until', seconds(new Date())]
  const codes = await docker('events', ...range, ...filter, '--format', '{{.Actor.Attributes.exitCode}}')
  return codes.split('\n')
}

/** Whether a registrar says that it is ready. */
const isReady = ({ exec }: Container): Promise<boolean> =>
  exec('puppet-registrar', 'healthcheck').then(
    () => true,
    () => false,
  )

/** Restarts the puppet's container, and resolves when the puppet listens again. */
async function restartPuppet({ puppet }: Pair): Promise<void> {
  const listening = async (): Promise<number> =>
    [...(await puppet.logs()).matchAll(/listens on port/g)].length
  const before = await listening()
  await docker('restart', '--time', '1', puppet.name)
  const what = 'the puppet to listen again'
  await waitUntil(async () => (await listening()) > before, { timeoutMs: PATIENCE_MS, everyMs: 20, what })
}

describe.skipIf(!hasEngine)('beside a puppet in another container', () => {
  beforeAll(buildImages)
  afterEach(removeAll)
  afterAll(removeAll)

  describe.each(['by name', 'shared network'] satisfies Meeting[])('%s', (meeting) => {
    it('withdraws a puppet that is paused or killed, within the bounds, and registers it when it is back', async () => {
      const pair = await startPair({ meeting, token: TOKEN })
      await docker('pause', pair.puppet.name)
      const pausedMs = await untilGone(pair, 'a paused puppet')
      await docker('unpause', pair.puppet.name)
      const unpausedMs = await untilBack(pair, 'a puppet that goes on')
      const killed = docker('kill', pair.puppet.name)
      const killedMs = await untilGone(pair, 'a killed puppet')
      await killed
      tell(`${meeting}: paused ${pausedMs} ms, goes on ${unpausedMs} ms, killed ${killedMs} ms`)
      expect(pausedMs).toBeLessThan(5000)
      expect(unpausedMs).toBeLessThan(1500)
      expect(killedMs).toBeLessThan(500 + DOCKER_MS)
    })

    it('withdraws every token with SIGTERM before its container is gone, which is within 2 s, exit 0', async () => {
      const pair = await startPair({ meeting, token: TOKEN })
      const since = elapsed()
      const stopped = docker('stop', pair.registrar.name).then(() => since())
      const withdrawnMs = await untilGone(pair, 'the token')
      const stoppedMs = await stopped
      tell(
        `${meeting}: docker stop: withdrawn after ${withdrawnMs} ms, gone after ${Math.round(stoppedMs)} ms`,
      )
      expect(stoppedMs).toBeLessThan(2000)
      const { State } = await pair.registrar.inspect()
      expect(State).toMatchObject({ Status: 'exited', ExitCode: 0 })
      // The registry confirmed the close, else it would have been waited for, and only then the container ended.
      const log = await pair.registrar.logs()
      const [drainingAt, drainedAt] = [timeOf('draining', log), timeOf('drained', log)]
      expect(drainedAt - drainingAt).toBeLessThan(CLOSE_MS)
      expect(drainedAt).toBeLessThanOrEqual(Date.parse(State.FinishedAt))
    })

    it('is drained from inside, and by nobody from outside', async () => {
      const pair = await startPair({ meeting, token: TOKEN })
      const host = meeting === 'by name' ? pair.registrar.name : 'puppet'
      const ask = `fetch('http://${host}:9788/drain', { method: 'POST' }).then((answer) => console.log(answer.status))`
      expect(await pair.registry.exec('node', '-e', ask)).toBe('403')
      expect(await pair.found()).toBe(200)
      expect(await pair.registrar.exec('puppet-registrar', 'drain')).toBe(
        'drained: nothing is registered any more',
      )
      expect(await pair.found()).toBe(404)
      expect((await pair.registrar.inspect()).State.Status).toBe('running')
    })
  })

  it('by name, finds a puppet whose container was restarted, and goes on meanwhile', async () => {
    const pair = await startPair({ meeting: 'by name', token: TOKEN })
    await restartPuppet(pair)
    const backMs = await untilBack(pair, 'the restarted puppet')
    tell(`by name: restarted, back ${backMs} ms after it listens`)
    expect(backMs).toBeLessThan(1500)
    expect(await pair.registrar.inspect()).toMatchObject({ RestartCount: 0, State: { Status: 'running' } })
  })

  it('in a network that went with the restarted container, says so, ends with 75 and is joined to the new one', async () => {
    const pair = await startPair({ meeting: 'shared network', token: TOKEN })
    await untilOld(pair.registrar)
    const since = elapsed()
    const sinceDate = new Date()
    await restartPuppet(pair)
    await waitUntil(async () => (await pair.registrar.inspect()).RestartCount === 1, {
      timeoutMs: PATIENCE_MS,
      what: 'the registrar to be started again',
    })
    await untilBack(pair, 'the restarted puppet')
    tell(`shared network: restarted, back ${Math.round(since())} ms after the restart began`)
    expect(await exitCodes(pair.registrar, sinceDate)).toEqual(['75'])
    expect(await pair.registrar.logs()).toContain('the network shared with the puppet is gone')
    // What the old network left behind does not stay: the withdrawal got out before it was gone.
    expect(await registrants(pair)).toHaveLength(1)
  })

  it('waits for a container that crashes in a loop, which Docker starts again after longer and longer', async () => {
    const pair = await startPair({ meeting: 'shared network', token: TOKEN })
    const begun = new Date()
    await crash(pair.puppet)
    await untilGone(pair, 'the puppet')
    await waitUntil(async () => (await pair.puppet.inspect()).RestartCount >= CRASHES, {
      timeoutMs: 60_000,
      what: 'the last crash',
    })
    await untilBack(pair, 'the puppet', 120_000)
    expect(await exitCodes(pair.registrar, begun)).toEqual(['75'])
  })

  it('does not take a network that was disconnected for one that is gone', async () => {
    const pair = await startPair({ meeting: 'shared network', token: TOKEN })
    await docker('network', 'disconnect', pair.network, pair.puppet.name)
    // Longer than it takes to be sure: the link is missed after 15 s.
    await pair.registrar.line(/no connection to the registry/, PATIENCE_MS)
    await docker('network', 'connect', '--alias', 'puppet', pair.network, pair.puppet.name)
    await untilBack(pair, 'the puppet')
    expect(await pair.registrar.inspect()).toMatchObject({ RestartCount: 0, State: { Status: 'running' } })
  })

  it('a registry whose network is cut has one registrant when it is mended, and no zombie', async () => {
    const pair = await startPair({ meeting: 'by name', token: TOKEN })
    await docker('network', 'disconnect', pair.network, pair.registry.name)
    await pair.registrar.line(/no connection to the registry/, PATIENCE_MS)
    await docker('network', 'connect', '--alias', 'registry', pair.network, pair.registry.name)
    const backMs = await timeUntil('the registration', () => isReady(pair.registrar), 35_000)
    const aloneMs = await timeUntil(
      'the zombie to be gone',
      async () => (await registrants(pair)).length === 1,
      35_000,
    )
    tell(
      `network cut and mended: back after ${backMs} ms, the old registrant gone after ${backMs + aloneMs} ms`,
    )
    expect(backMs + aloneMs).toBeLessThan(35_000)
    // From inside: a network that is connected again publishes another port.
    expect(JSON.parse(await pair.registrar.exec('puppet-registrar', 'discover', TOKEN))).toEqual({
      host: 'puppet',
      port: 8788,
    })
  })

  it('is registered at most 1.5 s after its container starts', async () => {
    const pair = await startPair({ meeting: 'by name', token: TOKEN })
    await docker('restart', pair.registrar.name)
    await untilBack(pair, 'the token')
    const { StartedAt } = (await pair.registrar.inspect()).State
    const lines = (await pair.registrar.logs()).split('\n').map((line) => JSON.parse(line))
    const registered = lines.findLast(({ msg }) => msg === 'registered')
    const tookMs = Date.parse(registered.time) - Date.parse(StartedAt)
    tell(`start of the container to registered: ${tookMs} ms`)
    expect(tookMs).toBeGreaterThan(0)
    expect(tookMs).toBeLessThan(1500)
  })

  it('does the same at the public registry’s own server', async () => {
    const pair = await startPair({ meeting: 'by name', registryKind: 'public', token: TOKEN })
    const killedAt = Date.now()
    const killed = docker('kill', pair.puppet.name)
    await untilGone(pair, 'a killed puppet')
    await killed
    await docker('start', pair.puppet.name)
    await untilBack(pair, 'the puppet')
    // By the sidecar's own log: whoever asks that server while a registrant closes waits for 5 s.
    const lines = (await pair.registrar.logs()).split('\n').map((line) => JSON.parse(line))
    const killedMs = Date.parse(lines.find(({ msg }) => msg === 'withdrawn').time) - killedAt
    tell(`the public registry's server: killed ${killedMs} ms`)
    expect(killedMs).toBeLessThan(500 + DOCKER_MS)
  })

  it('takes well under 96 MB, and next to nothing of a core', async () => {
    const pair = await startPair({ meeting: 'by name', token: TOKEN })
    const usage = async (): Promise<{ memoryMiB: number; cpuPercent: number }> => {
      const stats = ['stats', '--no-stream', '--format', '{{.MemUsage}},{{.CPUPerc}}', pair.registrar.name]
      const [memory = '', cpu = ''] = (await docker(...stats)).split(',')
      expect(memory).toMatch(/^[\d.]+MiB /)
      return { memoryMiB: Number.parseFloat(memory), cpuPercent: Number.parseFloat(cpu) }
    }
    const samples: Awaited<ReturnType<typeof usage>>[] = []
    for (const since = elapsed(); since() < 30_000; ) samples.push(await usage())
    const memory = samples.map(({ memoryMiB }) => memoryMiB)
    const cpu = samples.map(({ cpuPercent }) => cpuPercent).sort((one, other) => one - other)
    const median = cpu[Math.floor(cpu.length / 2)] ?? Number.NaN
    tell(`30 s of docker stats: memory ${memory.join(', ')} MiB; CPU ${cpu.join(', ')} %, median ${median} %`)
    expect(samples.length).toBeGreaterThan(5)
    expect(Math.max(...memory)).toBeLessThan(70)
    expect(median).toBeLessThan(5)
    expect((await pair.registrar.inspect()).State).toMatchObject({ Status: 'running', OOMKilled: false })
  })
})
