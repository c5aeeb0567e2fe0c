import { sleep } from '../time.mjs'
import { FAULTS } from '../truth/faults.mjs'
import { lieTime } from '../truth/lie-time.mjs'
import { planOf } from '../truth/plan.mjs'
import { POLL_INTERVAL_MS } from '../truth/pollers.mjs'
import { runSubject, STAGGER_MS } from '../truth/run-subject.mjs'
import { SHORT } from '../truth/short.mjs'
import { orderOf } from './alternately.mjs'

const format = (seconds) => `${seconds.toFixed(2)} s`

/**
 * Lie time of both builds at the same time, each at a registry of its own of the build `after`. The pauses between faults differ
 * from pair to pair. `isWhole`: with all faults (5 minutes a pair), otherwise with those of `bench:truth --short` (a minute).
 * @returns {PairMeasure} see ../pairs.mjs
 */
export function truthMeasure(isWhole) {
  const faults = FAULTS.filter(({ name }) => isWhole || SHORT.faults.includes(name))
  return {
    metrics: {
      lieS: { text: `lie time of ${faults.length} faults`, format },
      lateS: { text: `answers of discovery over 1 s during ${faults.length} faults`, format },
    },
    async measurePair({ mains, pair }) {
      const plan = planOf({ faults, seed: String(pair + 1), order: 'as-written' })
      const run = async (build, index) => {
        await sleep(index * STAGGER_MS)
        const log = (text) => console.error(`${build}: ${text}`)
        const subject = { registryKind: 'own', subject: 'product', main: mains[build] }
        const samples = await runSubject({ ...subject, plan, log })
        const times = lieTime({ ...samples, everyMs: POLL_INTERVAL_MS })
        const total = (key) => times.reduce((sum, time) => sum + time[key], 0)
        return [build, { lieS: total('lieS'), lateS: total('lateS') }]
      }
      return Object.fromEntries(await Promise.all(orderOf(pair).map(run)))
    },
  }
}
