import { sleep } from '../time.mjs'

/** Runs one fault from its beginning to its end; the oracle learns of both at once. */
export async function runFault({ begin, end, forMs, effects, times = 1, betweenMs = 0 }, testbed) {
  for (let round = 0; round < times; round += 1) {
    if (round > 0) await sleep(betweenMs)
    await begin(testbed)
    testbed.oracle?.onFaultBegin(effects)
    await sleep(forMs)
    await end?.(testbed)
    testbed.oracle?.onFaultEnd(effects)
  }
}
