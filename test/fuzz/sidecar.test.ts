import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'
import { anyBytes, type Bytes } from './bytes.ts'
import type { Held } from './heap.ts'
import { HostilePort, partOf } from './hostile-port.ts'
import { GRPC_ANSWERS, HTTP2_FLOODS, HTTP2_FRAMES, MUTATED_ANSWERS } from './http2-bytes.ts'
import {
  AFTER_UPGRADE,
  BROKEN_FRAMES,
  EVENTS,
  HTTP_ANSWERS,
  MUTATED_UPGRADES,
  REGISTRY_FLOODS,
} from './registry-bytes.ts'
import { SidecarTarget } from './sidecar-target.ts'

/** For each of the two peers a third of what the registry gets; and where chance begins. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 60) / 3
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9))

const PARTS_A_TURN = 10
/** Even after the longest of its pauses it comes again. */
const COMES_MS = 30_000
const TOKENS = Array.from({ length: 50 }, (_, number) => `insecure_fuzz-${number}-9d41c07e`)

interface Hostility {
  readonly peer: string
  /** What the hostile port stands for while it is not hostile. */
  readonly good: (registry: RegistryProcess, puppet: Peer) => number
  readonly env: (port: number, registry: RegistryProcess, puppet: Peer) => Readonly<Record<string, string>>
  readonly ways: Readonly<Record<string, fc.Arbitrary<Bytes>>>
}

const portOf = (puppet: Peer): Record<string, string> => ({ WECHATY_PUPPET_SERVER_PORT: String(puppet.port) })

const HOSTILITIES: readonly Hostility[] = [
  {
    peer: 'registry',
    good: ({ port }) => port,
    env: (port, _, puppet) => ({ ...portOf(puppet), REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}` }),
    ways: {
      'any bytes': anyBytes(600),
      'answers of any kind': HTTP_ANSWERS,
      'an upgrade with bytes changed': MUTATED_UPGRADES,
      'any bytes after an upgrade': AFTER_UPGRADE,
      'frames that break the rules': BROKEN_FRAMES,
      'events of any shape': EVENTS,
      floods: REGISTRY_FLOODS,
    },
  },
  {
    peer: 'puppet',
    good: (_, { port }) => port,
    env: (port, registry) => ({
      WECHATY_PUPPET_SERVER_PORT: String(port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
    }),
    ways: {
      'any bytes': anyBytes(600),
      'answers of HTTP/1.1': HTTP_ANSWERS,
      'frames that break the rules': HTTP2_FRAMES,
      'answers of any kind': GRPC_ANSWERS,
      'an answer with bytes changed': MUTATED_ANSWERS,
      floods: HTTP2_FLOODS,
    },
  },
]

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

describe.sequential.each(HOSTILITIES)(`a sidecar with a hostile $peer, FUZZ_SEED=${SEED}`, (hostility) => {
  const held: Held[] = []
  let port: HostilePort
  let target: SidecarTarget
  let good: number
  let filesAtFirst: number

  it('is registered while it is not hostile', async () => {
    const registry = await startRegistryProcess({ REGISTRY_REACHABILITY: 'off' })
    const puppet = await startPeer('grpc-server', { health: 'SERVING' })
    port = await HostilePort.create()
    good = hostility.good(registry, puppet)
    port.standFor(good)
    target = await SidecarTarget.create(TOKENS, hostility.env(port.port, registry, puppet))
    filesAtFirst = target.files
  })

  describe.each(['first', 'second'])('in the %s round', (round) => {
    it.each(Object.entries(hostility.ways))('outlives %s', { timeout: 120_000 }, async (name, bytes) => {
      const budgetMs = (SECONDS * 1000) / (2 * Object.keys(hostility.ways).length)
      const passed = elapsed()
      let turn = round === 'first' ? 0 : 1_000_000
      port.breakAll()
      while (passed() < budgetMs) {
        port.say(fc.sample(partOf(bytes), { seed: SEED + turn, numRuns: PARTS_A_TURN }))
        turn += 1
        const { accepted } = port
        const heard = waitUntil(
          () => target.isGone || port.left === 0 || (passed() > budgetMs && port.accepted > accepted),
          { timeoutMs: COMES_MS, what: `the sidecar to come for ${name}` },
        )
        await heard
          .then(() => target.check())
          .catch((error) => {
            const last = port.said.map((part) => JSON.stringify(part).slice(0, 1000)).join('\n')
            throw new Error(`${error.message}\nturn ${turn - 1} of ${name}; it was told last:\n${last}`)
          })
      }
    })

    it('is registered again, and holds no more', { timeout: 200_000 }, async () => {
      port.standFor(good)
      await target.recover()
      await target.check()
      await waitUntil(() => target.files <= filesAtFirst, { timeoutMs: COMES_MS, what: 'files as at first' })
      held.push(await target.held())
    })
  })

  it('holds no more after the second round than after the first', () => {
    const [first, second] = held
    const growth = (kind: keyof Held): string =>
      ((second?.[kind] ?? Number.NaN) / (first?.[kind] ?? Number.NaN)).toFixed(3)
    process.stderr.write(
      `\n  measured: ${port.accepted} connections to the hostile ${hostility.peer}; second round / first: heap ${growth('heap')}, external ${growth('external')}\n`,
    )
    expect(second?.heap).toBeLessThan((first?.heap ?? 0) * 1.1)
    expect(second?.external).toBeLessThan((first?.external ?? 0) * 1.1 + 1e6)
  })

  it('ends as it should', async () => {
    await target.check()
    expect(await target.end()).toBe(0)
    await port.close()
  })
})
