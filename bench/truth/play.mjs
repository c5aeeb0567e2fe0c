import { sleep } from '../time.mjs'

/** Does one fault from its beginning to its end; the oracle is told at once. */
export async function play({ does, undoes, forMs, told, times = 1, betweenMs = 0 }, world) {
  for (let round = 0; round < times; round += 1) {
    if (round > 0) await sleep(betweenMs)
    await does(world)
    world.oracle?.hearBegin(told)
    await sleep(forMs)
    await undoes?.(world)
    world.oracle?.hearEnd(told)
  }
}
