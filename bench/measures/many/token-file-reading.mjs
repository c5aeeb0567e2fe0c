import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { formatCount, kib, ms, quantile } from '../../numbers.mjs'
import { now, sleep } from '../../time.mjs'
import { writeTokenFile } from '../../token-file.mjs'
import { WANTED_AT } from './sizes.mjs'

const READINGS = 300
/** Seconds in the product: a reading must not pay for the garbage of a hundred others. */
const PAUSE_MS = 10
const WANTED_MS = 5
/** What the measurement itself may leave behind; far less than the content of a file of 300 KB. */
const NOISE_BYTES = 64 * 1024

/**
 * Reading a token file again that has not changed: how long it takes, and how much memory it keeps.
 * @param {(path: string) => Promise<() => unknown>} watch reads the file for the first time; resolves with a function that
 *   reads it again, as the sidecar does every few seconds
 */
export async function measureTokenFileReading(watch) {
  const file = writeTokenFile(WANTED_AT)
  try {
    const readAgain = await watch(file.path)
    const took = []
    // The first readings allocate what is allocated once, compiled code above all.
    await readRepeatedly(readAgain, took)
    took.length = 0
    const before = await bytesHeld()
    await readRepeatedly(readAgain, took)
    return [row(took, (await bytesHeld()) - before)]
  } finally {
    await file.end()
  }
}

async function readRepeatedly(readAgain, took) {
  for (let count = 0; count < READINGS; count += 1) {
    const beganMs = now()
    await readAgain()
    took.push(now() - beganMs)
    await sleep(PAUSE_MS)
  }
}

/** Bytes of the heap, and of buffers outside it, after garbage collection. */
async function bytesHeld() {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  // Buffers are freed after the collection that finds them unreachable.
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
    measure: `${formatCount(WANTED_AT)}: reading an unchanged token file, p50 / p99 of ${took.length}; memory kept after all`,
    value: `${ms(quantile(took, 0.5))} / ${ms(p99)}; ${kib(Math.max(0, keptBytes))}`,
    wanted: `p99 under ${WANTED_MS} ms; nothing kept`,
    held: p99 < WANTED_MS && keptBytes < NOISE_BYTES,
  }
}
