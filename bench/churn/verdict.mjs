/** A node, or the process that judges, may see a moment late what has happened: a reset, a claim of another node. In milliseconds. */
export const GRACE_MS = 750
/** Two registrants that came within so many milliseconds are in no order. */
const RIVAL_MS = 100
/** So long after an engine's fault a node may name an older registrant, or know too little to answer, in milliseconds. */
const HEALED_MS = 5000
/** Two registrants that came so shortly after one another, in an engine's fault, may never have been heard by one another's nodes, in milliseconds. */
const PARTED_MS = 2000
/** So long after a node was killed each 404 may be 503, in milliseconds: 3 min, and a moment until others miss it. */
const MISSED_MS = 185_000
/** A registrant that was sent away by a node that ends is expected back for 1 s, in milliseconds; less a moment. */
const EXPECTED_MS = 700

/**
 * What an answer was. `right`: nothing says that it was not. `never`: it names a registrant that was not there. `older`: there was a newer
 * one. `absent`: 404, though one was there, or on its way back from a node that had ended or was killed. `refused`: 503 without a cause.
 * `odd`: none of these. `unjudged`: it may have been right, because just then registrants changed (`change`), the process that judges
 * stood still (`still`), or there was a fault (`fault`).
 *
 * @param answer `node`: who was asked; `port`: what it names; `reason`: why it names none of those that are there; times by the clock that all processes share
 * @param links of its token, the oldest first
 * @param faults what was done to nodes and NATS servers
 * @param stillMs how long the process that judges stood still at about that time
 * @returns `verdict`, and `why` where it is `unjudged`
 */
export function judge(answer, links, faults, stillMs = 0) {
  if (answer.status === 503) return judgeRefusal(answer, links, faults, stillMs)
  const mistake = (graceMs) => mistakeOf(answer, links, graceMs)
  if (mistake(0) === undefined) return { verdict: 'right' }
  // The registrants are in the process that judges, and do not say their ports while it stands still.
  if (answer.status === 404 && answer.reason !== undefined && stillMs > 0) return unjudged('still')
  const verdict = mistake(GRACE_MS + stillMs)
  if (verdict === undefined) return unjudged(mistake(GRACE_MS) === undefined ? 'change' : 'still')
  if (verdict === 'older' && isExcused(answer, links, faults, stillMs)) return unjudged('fault')
  return { verdict }
}

/** The newest registrant that was certainly there all the time; undefined if there was none. */
export function newestOf({ askedMs, answeredMs }, links, graceMs = GRACE_MS) {
  return links.findLast(
    ({ registeredMs, goneMs }) => registeredMs < askedMs - graceMs && goneMs > answeredMs + graceMs,
  )
}

function judgeRefusal(answer, links, faults, stillMs) {
  const { askedMs, answeredMs } = answer
  const graceMs = GRACE_MS + stillMs
  const isAbsent = !links.some(
    ({ beganMs, goneMs }) => beganMs < answeredMs + graceMs && goneMs > askedMs - graceMs,
  )
  const isMissed = ({ what, sinceMs }) =>
    what === 'node killed' && sinceMs < answeredMs && askedMs < sinceMs + MISSED_MS + stillMs
  if (isAbsent && faults.some(isMissed)) return { verdict: 'right' }
  if (faults.some((fault) => isCause(fault, isAbsent, answer, graceMs))) return unjudged('fault')
  // The nodes may have stood still as well, and a member that does not answer in time is missing.
  if (stillMs > 0) return unjudged('still')
  return isAbsent || isThere(askedMs, answeredMs, links, graceMs)
    ? { verdict: 'refused' }
    : unjudged('change')
}

/** Whether a fault may be the reason of a 503. */
function isCause({ what, node, sinceMs, untilMs }, isAbsent, answer, graceMs) {
  // A node that ends says goodbye: nobody else waits for it. It says no 404 itself when it has just come.
  if (what === 'node ended' && isAbsent && node !== answer.node) return false
  // A server that comes back takes nothing from anybody.
  const endMs = what.startsWith('NATS server') ? sinceMs : untilMs
  return sinceMs - graceMs < answer.answeredMs && answer.askedMs < endMs + HEALED_MS + graceMs
}

function mistakeOf({ status, port, askedMs, answeredMs }, links, graceMs) {
  if (status === 404) return isThere(askedMs, answeredMs, links, graceMs) ? 'absent' : undefined
  if (status !== 200) return 'odd'
  const named = links.find((link) => link.port === port)
  if (named === undefined || named.beganMs > answeredMs || named.goneMs < askedMs - graceMs) return 'never'
  return newerOf(named, { askedMs, answeredMs }, links, graceMs).length > 0 ? 'older' : undefined
}

function newerOf(named, { askedMs, answeredMs }, links, graceMs) {
  return links.filter(
    (link) =>
      link !== named &&
      link.beganMs > named.registeredMs + RIVAL_MS &&
      link.registeredMs < askedMs - graceMs &&
      link.goneMs > answeredMs + graceMs,
  )
}

/** Whether a registrant was there, or had to be waited for, all the time. */
function isThere(askedMs, answeredMs, links, graceMs) {
  let thereMs = askedMs
  for (const link of links) {
    const [fromMs, toMs] = presenceOf(link, links, graceMs)
    if (fromMs <= thereMs && toMs > thereMs) thereMs = toMs
    if (thereMs > answeredMs) return true
  }
  return false
}

/** Where a link has moved, or its node has gone, its token is there until the registrant's next one is: nobody may be told 404 in between. */
function presenceOf({ id, registeredMs, goneMs, end }, links, graceMs) {
  const isNext = (other) =>
    other.id === id && other.registeredMs > registeredMs && Number.isFinite(other.registeredMs)
  const backMs = links.find(isNext)?.registeredMs ?? Number.POSITIVE_INFINITY
  const isExpected =
    end === 'moved' || end === 'node killed' || (end === 'node ended' && backMs - goneMs < EXPECTED_MS)
  const toMs = isExpected && Number.isFinite(backMs) ? backMs + graceMs : goneMs - graceMs
  return [registeredMs + graceMs, toMs]
}

/** Whether an engine's fault may be the reason why an older registrant was named. */
function isExcused(answer, links, faults, stillMs) {
  const isNear = (atMs) =>
    faults.some(
      ({ what, sinceMs }) =>
        what.startsWith('NATS server') &&
        atMs > sinceMs - GRACE_MS - stillMs &&
        atMs < sinceMs + HEALED_MS + stillMs,
    )
  if (isNear(answer.answeredMs)) return true
  const named = links.find(({ port }) => port === answer.port)
  const newer = newerOf(named, answer, links, GRACE_MS + stillMs)
  return newer.every((link) => link.beganMs - named.registeredMs < PARTED_MS && isNear(link.beganMs))
}

function unjudged(why) {
  return { verdict: 'unjudged', why }
}
