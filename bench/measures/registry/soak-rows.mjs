import { formatCount, median, mib, percent } from '../../numbers.mjs'

/** Memory is flat if it changes by at most this share. */
const FLAT = 0.05

/** The results of a soak as rows. The first third is for warming up; the last is compared with the second. */
export function soakRows({ thirds, before, after, counts, discoveries }, { minutes, count }) {
  const [, middle, last] = thirds
  const flat = (measure, read) => {
    const [then, now] = [read(middle), read(last)]
    const share = now / then - 1
    const value = `${mib(then)}, then ${mib(now)}: ${share < 0 ? '' : '+'}${percent(share)}`
    return { measure, value, wanted: 'flat to within 5 %', held: Math.abs(share) <= FLAT }
  }
  const seconds = minutes * 60
  const settled = [...middle.samples, ...last.samples]
  const registrants = settled.map((one) => one.registrants)
  const wrong = counts.wrong + counts.failed + counts.refused
  const gone = after.registrants === 0 && after.tokens === 0
  return [
    {
      measure: `registrants at a time, silent ones among them (${formatCount(count)} places)`,
      value: `${formatCount(median(registrants))}, at most ${formatCount(Math.max(...registrants))}`,
    },
    { measure: 'registrations a second', value: (counts.registered / seconds).toFixed(0) },
    { measure: 'discoveries a second', value: (discoveries / seconds).toFixed(0) },
    {
      measure: 'processor time, of one core',
      value: percent((last.samples.at(-1).cpuSeconds - before.cpuSeconds) / seconds),
    },
    flat('resident memory, median of the second third and of the last', ({ samples }) =>
      median(samples.map((one) => one.resident)),
    ),
    flat('heap after a collection, at the end of the second third and of the last', ({ heap }) => heap),
    {
      measure: 'resident memory, and heap after a collection: without registrants, before and after',
      value: `${mib(before.resident)} and ${mib(before.heap)}, then ${mib(after.resident)} and ${mib(after.heap)}`,
    },
    {
      measure: 'discoveries answered wrongly or not at all, registrants refused or dropped',
      value: `${wrong}${wrong === 0 ? '' : ` (${counts.example})`} of ${formatCount(counts.found + counts.notFound)}`,
      wanted: 'none',
      held: wrong === 0,
    },
    {
      measure: 'registrations as the registry and as its registrants counted them; disconnects',
      value: `${formatCount(after.registrations)} and ${formatCount(counts.registered)}; ${formatCount(after.disconnects)}`,
      wanted: 'the same',
      held: after.registrations === counts.registered && after.disconnects === counts.registered,
    },
    {
      measure: 'silent registrants: noticed by the registry, and all',
      value: `${formatCount(after.silent)} and ${formatCount(counts.silent)}`,
      wanted: 'the same',
      held: after.silent === counts.silent,
    },
    {
      measure: 'registrants and tokens at the end; open files before and after',
      value: `${after.registrants} and ${after.tokens}; ${before.files} and ${after.files}`,
      wanted: 'none; no more',
      held: gone && after.files <= before.files,
    },
  ]
}
