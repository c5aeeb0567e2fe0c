import { formatCount, median, mib, percent } from '../../numbers.mjs'

/** Memory is flat if it grows by at most this share. */
const FLAT = 0.05
/** The same in a minute, which is over before all is warm. */
const FLAT_IN_SHORT = 1
/** Files that a node may have open more than before: it has other connections to NATS servers. */
const FILES_MORE = 2

/** The results of a soak as rows. The first third is for warming up; the last is compared with the second. */
export function soakRows({ thirds, before, after, faults, seen, held, ended }, { minutes, count }) {
  const [, middle, last] = thirds
  const flatTo = minutes < 5 ? FLAT_IN_SHORT : FLAT
  const flat = (measure, read) => {
    const [then, now] = [read(middle), read(last)]
    const share = now / then - 1
    const value = `${mib(then)}, then ${mib(now)}: ${share < 0 ? '' : '+'}${percent(share)}`
    return { measure, value, wanted: `at most ${flatTo * 100} % more`, held: share <= flatTo }
  }
  const answers = seen.found + seen.notFound + seen.unknowable
  const none = (measure, wrong) => ({
    measure,
    value: `${formatCount(wrong)}${wrong === 0 ? '' : ` (${seen.examples[0]})`} of ${formatCount(answers)}`,
    wanted: 'none',
    held: wrong === 0,
  })
  return [
    {
      measure: `registrations (${formatCount(count)} tokens); links that were lost and made again; registrants that moved`,
      value: [seen.registered, seen.lost, seen.moved].map(formatCount).join('; '),
    },
    {
      measure: 'faults',
      value: Object.entries(faults)
        .map(([what, times]) => `${what}: ${times}`)
        .join(', '),
    },
    {
      measure: 'answers: found, 404, 503; none, because that node was away',
      value: `${[seen.found, seen.notFound, seen.unknowable].map(formatCount).join(', ')}; ${formatCount(seen.unanswered)}`,
    },
    none('answers that were never true at the time', seen.wrong),
    none('answers of an older registrant, though the engine was well', seen.older),
    {
      measure:
        'answers that took more than 3 s; that nobody judged, because the process that asks stood still',
      value: `${formatCount(seen.slow)}; ${formatCount(seen.unjudged)}`,
    },
    recountRow('when nobody came or left any more', held),
    recountRow('when all had left', ended),
    flat(
      'resident memory of the node that stays, median of the second third and of the last',
      ({ samples }) => median(samples.map(({ resident }) => resident)),
    ),
    flat('its heap after a collection, at the end of the second third and of the last', ({ heap }) => heap),
    {
      measure: 'its resident memory, and heap after a collection: without registrants, before and after',
      value: `${mib(before.resident)} and ${mib(before.heap)}, then ${mib(after.resident)} and ${mib(after.heap)}`,
    },
    {
      measure: 'its open files, before and after',
      value: `${before.files} and ${after.files}`,
      wanted: `at most ${FILES_MORE} more`,
      held: after.files <= before.files + FILES_MORE,
    },
  ]
}

function recountRow(when, { links, claims, holdings, nodesTokens, subscriptions, wanted, isRight }) {
  return {
    measure: `registrants and tokens ${when}, and what nodes and NATS servers count`,
    value: `${wanted.links} and ${wanted.tokens}; registrants ${links}, claims ${claims}, claims and fallbacks ${holdings} of ${nodesTokens} tokens at nodes, subscriptions ${subscriptions}`,
    wanted: 'the same; a claim a token; three subscriptions more a node',
    held: isRight,
  }
}
