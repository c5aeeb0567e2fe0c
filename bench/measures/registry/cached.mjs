import { formatCount, ms } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { RegistryWithRegistrants } from './registry-with-registrants.mjs'
import { startBareHttp } from './servers.mjs'
import { addSlice, Slices, startDiscoveryLoad } from './slices.mjs'

const ROUNDS = 7
const SLICE_MS = 1500
const WANTED_RATE = 8000
const WANTED_SHARE = 0.8

/** Discoveries of one token, whose answer is cached for a second, beside node:http that sends the same bytes. */
export function measureCached() {
  return withProcesses(async (keep) => {
    const load = keep(await startDiscoveryLoad())
    const registered = keep(await RegistryWithRegistrants.start('ours'))
    await registered.register(1)
    const { tokens } = registered
    const bare = keep(await startBareHttp(registered.registry.port, `/v0/hosties/${tokens[0]}`))
    const request = { tokens, order: 'random', ms: SLICE_MS }
    const runs = (found) => [
      () => addSlice(found.ours, load, registered, request),
      () => found.bare.add(load, bare, { ...request, right: `"port":${registered.registrantPort}` }),
    ]
    // Not counted: the first round compiles the code.
    for (const run of runs({ ours: new Slices(), bare: new Slices() })) await run()
    const found = { ours: new Slices(), bare: new Slices() }
    const both = runs(found)
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const run of both) await run()
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
    wanted: `at least ${formatCount(WANTED_RATE)}/s, or ${WANTED_SHARE} ×`,
    held: ours.rate >= WANTED_RATE || ratio >= WANTED_SHARE,
  }
}
