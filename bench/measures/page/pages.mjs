import { freePort } from '../../free-port.mjs'
import { newToken, startPuppet, startSidecar, untilUp } from '../../launch.mjs'
import { withProcesses } from '../../process.mjs'
import { schedulerCpuOf, usageOf } from '../../process-usage.mjs'
import { startRecordingRegistry } from '../../start-recording-registry.mjs'
import { sleep } from '../../time.mjs'
import { writeTokenFile } from '../../token-file.mjs'
import { openPage } from './reader.mjs'

/** Pages that are open at each sidecar with pages. */
export const PAGES = 10
const LIVELY_TOKENS = 100
const WARM_UP_MS = 20_000
const PUPPET_UP_MS = 15_000
const PUPPET_AWAY_MS = 5000

/**
 * Memory, processor time and updates of sidecars of each kind, `each` of them: without a page open, with ten, and of another build, whose command is
 * `before` (undefined: none).
 */
export function measurePages({ minutes, each, before }) {
  return withProcesses(async (keep) => {
    const quietPort = await freePort()
    keep(await startPuppet(quietPort))
    const livelyPort = await freePort()
    keep(await startLivelyPuppet(livelyPort))
    const file = keep(writeTokenFile(LIVELY_TOKENS))
    const kinds = [
      ...(before === undefined ? [] : [{ kind: 'quiet before', main: before }]),
      { kind: 'quiet closed' },
      { kind: 'quiet open', pages: PAGES },
      ...(before === undefined ? [] : [{ kind: 'lively before', main: before }]),
      { kind: 'lively closed' },
      { kind: 'lively open', pages: PAGES },
    ]
    const sidecars = []
    for (const { kind, main, pages = 0 } of Array.from({ length: each }, () => kinds).flat()) {
      const isLively = kind.startsWith('lively')
      const adminPort = await freePort()
      // Its own registry: tokens of one file are registered by several sidecars.
      const { port: registryPort } = keep(await startRecordingRegistry())
      const process = keep(
        startSidecar({
          token: isLively ? undefined : newToken(),
          puppetPort: isLively ? livelyPort : quietPort,
          registryPort,
          adminPort,
          main,
          more: isLively ? { WECHATY_PUPPET_SERVICE_TOKEN_FILE: file.path } : {},
        }),
      )
      await untilUp(process, adminPort)
      const readers = []
      for (let count = 0; count < pages; count += 1) readers.push(keep(await openPage(adminPort)))
      sidecars.push({ kind, process, readers })
    }
    await sleep(WARM_UP_MS)
    for (const { readers } of sidecars) for (const reader of readers) reader.begin()
    const usage = await usageOf(
      sidecars.map(({ process }) => process),
      minutes * 60_000,
      schedulerCpuOf,
    )
    return sidecars.map(({ kind, readers }, index) => {
      return { kind, ...usage[index], readers: readers.map((reader) => reader.counts()) }
    })
  })
}

/** A puppet that is ended and comes back, again and again. */
async function startLivelyPuppet(port) {
  let puppet = await startPuppet(port)
  let isOver = false
  const live = async () => {
    while (!isOver) {
      await sleep(PUPPET_UP_MS)
      if (isOver) return
      await puppet.end()
      await sleep(PUPPET_AWAY_MS)
      if (!isOver) puppet = await startPuppet(port)
    }
  }
  void live()
  return {
    end: () => {
      isOver = true
      return puppet.end()
    },
  }
}
