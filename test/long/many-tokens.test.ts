import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

const MANY = 10_000
const RATE = 1000

let puppet: Peer
let tokenFile: string
beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: false })
  const tokens = Array.from({ length: MANY }, (_, index) => `insecure_many-${index}-0123456789`)
  tokenFile = join(makeTempDir(), 'tokens')
  writeFileSync(tokenFile, `${tokens.join('\n')}\n`)
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const sidecarFor = (registryPort: number): Promise<Sidecar> =>
  startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN_FILE: tokenFile,
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
    REGISTRAR_CONNECT_RATE: String(RATE),
    // Says when each attempt starts; what the registry sees of that is blurred by how busy both are.
    LOG_LEVEL: 'debug',
  })

interface Line {
  readonly level: string
  readonly time: string
  readonly msg: string
}

const linesOf = (sidecar: Sidecar): readonly Line[] =>
  sidecar.command.lines('stdout').map((line) => JSON.parse(line))

async function refusedConnections(sidecar: Sidecar): Promise<number> {
  const { text } = await sidecar.get('/metrics')
  return Number(/connects_total\{result="tcp"\} (\d+)/.exec(text)?.[1])
}

/** The most of the times that lie within any one second. */
function mostInASecond(timesMs: readonly number[]): number {
  let most = 0
  let first = 0
  timesMs.forEach((timeMs, last) => {
    while (timeMs - (timesMs[first] ?? timeMs) >= 1000) first += 1
    most = Math.max(most, last - first + 1)
  })
  return most
}

describe('ten thousand tokens', () => {
  it('come back at the rate after a registry that was killed for 30 s; few lines tell it; all are closed with 1000', async () => {
    const before = await startPeer('recording-registry', {})
    const sidecar = await sidecarFor(before.port)
    await sidecar.until('all registrations', allRegistered, 60_000)
    expect(await before.ask('open')).toBe(MANY)

    before.kill('SIGKILL')
    const away = elapsed()
    const out = await sidecar.until(
      'the outage',
      ({ registry, registrations }) => !registry.reachable && registrations.connecting === 0,
      30_000,
    )
    expect(out.registry.reason).toBe('TCP: registry: connection refused (ECONNREFUSED)')
    // Those that had begun before anybody knew: as many as the rate lets begin while a busy machine is still told of 10,000 ends.
    const unaware = await refusedConnections(sidecar)
    expect(unaware).toBeLessThan(MANY / 2)
    await waitUntil(() => away() > 30_000, { timeoutMs: 40_000, what: '30 s to pass', everyMs: 200 })
    const { registrations, registry, tokens } = await sidecar.status()
    expect(registrations).toMatchObject({ total: MANY, registered: 0, waiting: MANY, refused: 0 })
    expect(registry.attempts).toBeGreaterThan(15)
    expect(tokens).toHaveLength(100)
    expect(tokens[0]).toMatchObject({ state: 'waiting', reason: registry.reason })
    // One token tries for all: attempts are those of one pace, whatever the number of tokens.
    const tried = (await refusedConnections(sidecar)) - unaware
    expect(tried).toBeGreaterThan(15)
    expect(tried).toBeLessThan(70)

    const after = await startPeer('recording-registry', { port: before.port })
    await sidecar.until('all registrations', allRegistered, 2000 + (MANY / RATE) * 1000 * 2)
    expect(await after.ask('open')).toBe(MANY)
    // Blurred by how busy both processes are, but no wave.
    expect(await after.ask('peak')).toBeLessThan(RATE * 1.5)

    const starts = linesOf(sidecar).filter(({ msg }) => msg === 'connecting')
    // A log that is written faster than it is read drops lines: some may be missing of the second in which all were lost.
    expect(starts.length).toBeGreaterThan(1.95 * MANY)
    expect(mostInASecond(starts.map(({ time }) => Date.parse(time)))).toBeLessThanOrEqual(RATE * 1.1)

    const lines = linesOf(sidecar).filter(({ level }) => level !== 'debug')
    // Sums once a second while many change (twice ten seconds, and the second in which all were lost), and a few facts.
    expect(lines.length).toBeLessThan(50)
    const outages = lines.filter(({ msg }) => msg.startsWith('no connection to the registry'))
    expect(outages.length).toBeLessThanOrEqual(1)

    sidecar.command.kill('SIGTERM')
    const ending = elapsed()
    expect(await sidecar.command.exit).toEqual({ code: 0, signal: null })
    expect(ending()).toBeLessThan(5000)
    const history = await after.ask<{ what: string; code?: number }[]>('history')
    const closed = history.filter(({ what }) => what === 'closed')
    expect(closed).toHaveLength(MANY)
    expect(closed.filter(({ code }) => code !== 1000)).toEqual([])
  }, 240_000)
})
