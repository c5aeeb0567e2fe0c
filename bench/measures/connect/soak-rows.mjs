import { formatCount, median, mib, percent } from '../../numbers.mjs'

/** Memory is flat if it grows by at most this share. */
const FLAT = 0.05
/** The same in a minute, which is over before all is warm. */
const FLAT_IN_SHORT = 1

/** The results of a soak as rows. The first third is for warming up; the last is compared with the second. */
export function soakRows({ thirds, before, after, bots, puppets, warned }, { minutes, count }) {
  const [, middle, last] = thirds
  const flatTo = minutes < 5 ? FLAT_IN_SHORT : FLAT
  const flat = (measure, read) => {
    const [then, now] = [read(middle), read(last)]
    const share = now / then - 1
    const value = `${mib(then)}, then ${mib(now)}: ${share < 0 ? '' : '+'}${percent(share)}`
    return { measure, value, wanted: `at most ${flatTo * 100} % more`, held: share <= flatTo }
  }
  const none = (measure, wrong, example, of) => ({
    measure,
    value: `${formatCount(wrong)}${wrong === 0 ? '' : ` (${example})`} of ${formatCount(of)}`,
    wanted: 'none',
    held: wrong === 0,
  })
  const open = [...middle.samples, ...last.samples].map(({ connections }) => connections)
  const seconds = minutes * 60
  return [
    {
      measure: `connections at a time (${formatCount(count)} places); new ones a second`,
      value: `${formatCount(median(open))}, at most ${formatCount(Math.max(...open))}; ${(bots.begun / seconds).toFixed(0)}`,
    },
    {
      measure: 'carried to the puppet, and to the bots',
      value: `${mib(puppets.bytes)} and ${mib(bots.bytes)}`,
    },
    {
      measure: 'the puppet was at another host and port; was killed, and away',
      value: `${puppets.moved} times; ${puppets.killed} times`,
    },
    none('chunks with a wrong byte, at both ends', bots.wrongBytes + puppets.wrongBytes, '', bots.begun),
    none('connections that broke, though no puppet was killed', bots.lost, bots.example, bots.begun),
    {
      measure: 'connections that broke when their puppet was killed',
      value: formatCount(bots.broken),
    },
    none(
      'connections whose other end was told of another end than there was (closed or reset), at both ends',
      bots.wrongEnds + puppets.wrongEnds,
      bots.example || puppets.example,
      bots.complete + puppets.complete,
    ),
    {
      measure: 'processor time, of one core',
      value: percent((last.samples.at(-1).cpuSeconds - before.cpuSeconds) / seconds),
    },
    flat('resident memory, median of the second third and of the last', ({ samples }) =>
      median(samples.map(({ resident }) => resident)),
    ),
    flat('heap after a collection, at the end of the second third and of the last', ({ heap }) => heap),
    {
      measure: 'heap after a collection, and resident memory: without connections, before and after',
      value: `${mib(before.heap)} and ${mib(before.resident)}, then ${mib(after.heap)} and ${mib(after.resident)}`,
      // Before, nothing had been compiled yet.
      wanted: 'heap at most 4 MiB more',
      held: after.heap - before.heap <= 4 * 2 ** 20,
    },
    {
      measure:
        'connections at the end; open files before and after; warnings of Node.js, as of too many listeners',
      value: `${after.connections}; ${before.files} and ${after.files}; ${warned === '' ? 'none' : warned.slice(0, 200)}`,
      wanted: 'none; no more; none',
      held: after.connections === 0 && after.files <= before.files && warned === '',
    },
  ]
}
