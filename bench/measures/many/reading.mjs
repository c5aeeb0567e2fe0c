import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { counted, kib, ms, quantile } from '../../numbers.mjs'
import { now, sleep } from '../../time.mjs'
import { writeTokenFile } from '../../token-file.mjs'
import { WANTED_AT } from './sizes.mjs'

const LOOKS = 300
/** In the product it is seconds: a look must not pay for the garbage of a hundred others. */
const PAUSE_MS = 10
const WANTED_MS = 5
/** What a measurement itself may leave behind, of which looks at a file of 300 KB are far. */
const NOISE_BYTES = 64 * 1024

/**
 * Looking again at a file of tokens that has not changed: how long it takes, and what is kept of it.
 * @param {(path: string) => Promise<() => unknown>} prepare reads the file for the first time, as at the start; resolves
 *   with what looks at it again, as the sidecar does every few seconds
 */
export async function measureReading(prepare) {
  const file = writeTokenFile(WANTED_AT)
  try {
    const lookAgain = await prepare(file.path)
    const took = []
    // What is made but once, code above all, is made by the first looks.
    await look(lookAgain, took)
    took.length = 0
    const before = await bytesHeld()
    await look(lookAgain, took)
    return [row(took, (await bytesHeld()) - before)]
  } finally {
    await file.end()
  }
}

async function look(lookAgain, took) {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const beganMs = now()
    await lookAgain()
    took.push(now() - beganMs)
    await sleep(PAUSE_MS)
  }
}

/** What V8 holds, and buffers beside it, once garbage is gone. */
async function bytesHeld() {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  // Buffers are let go of after the collection that finds nobody to hold them.
  for (let times = 0; times < 3; times += 1) {
    collect()
    await sleep(PAUSE_MS)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function row(took, keptBytes) {
  const p99 = quantile(took, 0.99)
  return {
    measure: `${counted(WANTED_AT)}: looking at an unchanged file of tokens, p50 / p99 of ${took.length}; memory kept after all`,
    value: `${ms(quantile(took, 0.5))} / ${ms(p99)}; ${kib(Math.max(0, keptBytes))}`,
    wanted: `p99 under ${WANTED_MS} ms; nothing kept`,
    held: p99 < WANTED_MS && keptBytes < NOISE_BYTES,
  }
}
