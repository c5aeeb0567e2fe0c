import { counted, ms } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { Crowd } from './crowd.mjs'
import { startBareHttp } from './registries.mjs'
import { addSlice, Slices, startDiscoverer } from './slices.mjs'

const ROUNDS = 7
const SLICE_MS = 1500
const WANTED_RATE = 8000
const WANTED_SHARE = 0.8

/** One token that everybody asks for: its answer is cached for a second. Beside node:http that sends the same bytes. */
export function measureCached() {
  return withProcesses(async (keep) => {
    const discoverer = keep(await startDiscoverer())
    const crowd = keep(await Crowd.start('ours'))
    await crowd.register(1)
    const { tokens } = crowd
    const bare = keep(await startBareHttp(crowd.registry.port, `/v0/hosties/${tokens[0]}`))
    const told = { tokens, order: 'random', ms: SLICE_MS }
    const turns = (found) => [
      () => addSlice(found.ours, discoverer, crowd, told),
      () => found.bare.add(discoverer, bare, { ...told, right: `"port":${crowd.published}` }),
    ]
    // The first round is for the compiler.
    for (const turn of turns({ ours: new Slices(), bare: new Slices() })) await turn()
    const found = { ours: new Slices(), bare: new Slices() }
    const both = turns(found)
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const turn of both) await turn()
      both.reverse()
    }
    for (const [name, slices] of Object.entries(found)) console.error(`cached: ${name}: ${slices.busy}`)
    return [row(found)]
  })
}

function row({ ours, bare }) {
  const ratio = ours.rate / bare.rate
  return {
    measure: `cached: always the same token, ${ms(SLICE_MS)} at a time, ${ROUNDS} times`,
    value: String(ours),
    beside: `node:http sending the same bytes: ${bare}`,
    ratio,
    wanted: `at least ${counted(WANTED_RATE)}/s, or ${WANTED_SHARE} ×`,
    held: ours.rate >= WANTED_RATE || ratio >= WANTED_SHARE,
  }
}
