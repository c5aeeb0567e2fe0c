import { formatCount, median, mib, percent } from '../../numbers.mjs'

/** Memory is flat if it grows by at most this share. */
const FLAT = 0.05
/** The same in a minute, which is over before all is warm. */
const FLAT_IN_SHORT = 1
/**
 * So many discoveries are judged, at least. Of the rest, a twentieth asks a node that is away, and as many ask at the moment of a change or
 * shortly after a fault. On a machine that is busy with as much again it is twice that, as all of it lasts longer; with more, a run would say
 * too little, and something is wrong.
 */
const JUDGED = 0.8
/**
 * A newcomer's claim says for 3 s whose link it is. A node that hears none of these keeps the older link, which is dead in practice and ends
 * by its pings; here it lives.
 */
const NOT_LET_GO = 0.01
/** A node that stands still for half a second is missing for a moment, as it should be: a busy machine may do that. */
const REFUSED = 0.005
/** Files that a node may have open more than before: it has other connections to NATS servers. */
const FILES_MORE = 2

/** The results of a soak as rows. The first third is for warming up; the last is compared with the second. */
export function soakRows(
  { thirds, before, after, faults, seen, held, superseded, ended },
  { minutes, count },
) {
  const [, middle, last] = thirds
  const flatTo = minutes < 5 ? FLAT_IN_SHORT : FLAT
  const flat = (measure, read) => {
    const [then, now] = [read(middle), read(last)]
    const share = now / then - 1
    const value = `${mib(then)}, then ${mib(now)}: ${share < 0 ? '' : '+'}${percent(share)}`
    return { measure, value, wanted: `at most ${flatTo * 100} % more`, held: share <= flatTo }
  }
  const { verdicts } = seen
  const none = (measure, wrong) => ({ measure, value: formatCount(wrong), wanted: 'none', held: wrong === 0 })
  return [
    {
      measure: `registrations (${formatCount(count)} tokens); links that were lost and made again; registrants that moved; second ones`,
      value: [seen.registered, seen.lost, seen.moved, seen.seconds].map(formatCount).join('; '),
    },
    {
      measure: 'faults',
      value: Object.entries(faults)
        .map(([what, times]) => `${what}: ${times}`)
        .join(', '),
      wanted: 'each',
      held: Object.values(faults).every((times) => times > 0),
    },
    {
      measure: 'discoveries: found, 404, 503; none, because that node was away',
      value: `${[seen.found, seen.notFound, seen.unknowable].map(formatCount).join(', ')}; ${formatCount(seen.away)}`,
    },
    none('answers that name a registrant that was not there', verdicts.never),
    none('answers of an older registrant, though the engine was well', verdicts.older),
    none('404, though a registrant was there, or on its way from a node that had gone', verdicts.absent),
    {
      measure: '503 without a cause',
      value: formatCount(verdicts.refused),
      wanted: `at most ${percent(REFUSED)} of all`,
      held: verdicts.refused <= REFUSED * seen.asked,
    },
    none('other answers; none, though that node was there', verdicts.odd + seen.silent),
    judgedRow(seen),
    { measure: 'answers that took more than 3 s', value: formatCount(seen.slow) },
    {
      measure: 'links of registrants that have moved that were not let go',
      value: formatCount(superseded),
      wanted: `at most ${percent(NOT_LET_GO)} of those that moved`,
      held: superseded <= NOT_LET_GO * seen.moved,
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

/** Of all discoveries, those that are known to be right or wrong. */
function judgedRow({ asked, away, verdicts: { change, still, fault, ...judged } }) {
  const count = Object.values(judged).reduce((sum, one) => sum + one, 0)
  const share = count / asked
  return {
    measure:
      'discoveries that were judged; not: a registrant just came or went, the process that judges stood still, a fault just before, that node away',
    value: `${formatCount(count)} of ${formatCount(asked)} (${percent(share)}); ${[change, still, fault, away].map(formatCount).join(', ')}`,
    wanted: `at least ${JUDGED * 100} %`,
    held: share >= JUDGED,
  }
}

function recountRow(when, { links, claims, holdings, nodesTokens, subscriptions, wanted, isRight }) {
  return {
    measure: `registrants and tokens ${when}, and what nodes and NATS servers count`,
    value: `${wanted.links} and ${wanted.tokens}; registrants ${links}, claims ${claims}, claims and fallbacks ${holdings} of ${nodesTokens} tokens at nodes, subscriptions ${subscriptions}`,
    wanted: 'the same; a claim a token; three subscriptions more a node',
    held: isRight,
  }
}
