import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { report } from '../netns/support/report.ts'
import { type Command, type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { percentiles } from '../support/percentile.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { type Sidecar, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { chromiumPath } from './support/chromium.ts'
import { factAfter } from './support/facts.ts'
import { untilSentence } from './support/reading.ts'
import { startViewer, type Viewer } from './support/viewer.ts'

const TOKEN = 'insecure_0b6a2c1e-page'
/** From a fact to the instant at which it can be read, in milliseconds: updates come at most once a second. */
const SEEN_MS = 1500
/** Each fact happens so often: the machine may be busy at one time. */
const ROUNDS = 3

/** The address comes with the answer that clients get, which is asked for later. */
const FINDABLE = /^Findable( at 127\.0\.0\.1:\d+)? for \d+ s$/
const PUPPET_AWAY = /^Not findable: the puppet does not answer \(.+\) for \d+ s$/
const REGISTRY_AWAY = /^Not findable: the registry cannot be reached \(.+\) for \d+ s$/

/** How long after a line of the log something can be read that was waited for since before. */
async function delayMs(
  { command }: { readonly command: Command },
  match: RegExp,
  act: () => unknown,
  read: () => Promise<number>,
): Promise<number> {
  const fact = factAfter(command, match, act)
  const [factMs, readMs] = await Promise.all([fact, read()])
  return readMs - factMs
}

function expectSeen(delaysMs: Readonly<Record<string, readonly number[]>>): void {
  report('from the fact to the page, ms', delaysMs)
  for (const [fact, delays] of Object.entries(delaysMs))
    expect(percentiles(delays).p50, `${fact}: ${delays}`).toBeLessThan(SEEN_MS)
}

describe.runIf(chromiumPath !== undefined)('within 1.5 s', () => {
  let viewer: Viewer
  let registry: RegistryProcess
  let sidecar: Sidecar
  let registryPort: number
  let puppetPort: number
  beforeAll(async () => {
    viewer = await startViewer()
    registry = await startRegistryProcess()
    registryPort = registry.port
    puppetPort = await freePort()
    sidecar = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
      REGISTRAR_VERIFY_INTERVAL: '1s',
    })
  })
  afterEach(async () => {
    await viewer.leave()
    expect(viewer.complaints()).toEqual([])
  })
  afterAll(async () => {
    await viewer.close()
    registry.peers.end()
    await stopAllPeers()
    removeTempDirs()
  })

  const startPuppet = (): Promise<Peer> =>
    startPeer('wechaty-puppet', { port: puppetPort, token: TOKEN, tls: false })

  it('a puppet is read to be findable, and not any more when it is killed', async () => {
    const page = await viewer.open(sidecar.adminPort)
    await untilSentence(page, PUPPET_AWAY)
    let puppet: Peer | undefined
    const up: number[] = []
    const killed: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const start = async (): Promise<void> => {
        puppet = await startPuppet()
      }
      up.push(await delayMs(sidecar, /"msg":"registered"/, start, () => untilSentence(page, FINDABLE)))
      const kill = (): unknown => puppet?.kill('SIGKILL')
      killed.push(
        await delayMs(sidecar, /"msg":"puppet is unhealthy/, kill, () => untilSentence(page, PUPPET_AWAY)),
      )
      await puppet?.exited
    }
    expectSeen({ up, killed })
  })

  it('a registry is read to be away, and to be back', async () => {
    await startPuppet()
    const page = await viewer.open(sidecar.adminPort)
    await untilSentence(page, FINDABLE)
    const away: number[] = []
    const back: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const kill = (): unknown => registry.command.kill('SIGKILL')
      const lost = /"msg":"no connection to the registry/
      away.push(await delayMs(sidecar, lost, kill, () => untilSentence(page, REGISTRY_AWAY)))
      const start = async (): Promise<void> => {
        registry = await startRegistryProcess({ REGISTRY_LISTEN_PORT: String(registryPort) })
      }
      back.push(await delayMs(sidecar, /"msg":"registered"/, start, () => untilSentence(page, FINDABLE)))
    }
    expectSeen({ away, back })
  })
})
