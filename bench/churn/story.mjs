import { now } from '../time.mjs'
import { newestOf } from './verdict.mjs'

/** Faults that began so long before an answer, in milliseconds, are told. */
const TOLD_MS = 30_000

/**
 * What a person needs to find the cause of a wrong answer. All times are relative to the question.
 *
 * @param {{ verdict: string, sinceMs: number }} of `sinceMs`: when all began
 */
export function storyOf({ verdict, token, sinceMs, answer, place, links, faults, stillMs }) {
  const { node, askedMs, answeredMs, status, body } = answer
  const at = (ms) => (Number.isFinite(ms) ? `${Math.round(ms - askedMs)} ms` : 'never')
  const about = ({ port, name, node: home, beganMs, registeredMs, goneMs, end = 'open' }) =>
    `${port} (${name} at node ${home + 1}): connects ${at(beganMs)}, registered ${at(registeredMs)}, gone ${at(goneMs)}, ${end}`
  const newest = newestOf(answer, links)
  const told = faults.filter(
    (fault) => fault.sinceMs > askedMs - TOLD_MS && fault.sinceMs < answeredMs + TOLD_MS,
  )
  const right = newest === undefined ? 'not known' : `${newest.port}, since ${at(newest.registeredMs)}`
  return [
    `${verdict}: ${token} at node ${node + 1} (port ${place.port}), ${((askedMs - sinceMs) / 1000).toFixed(1)} s after the start`,
    `  said: ${status} ${body}, after ${at(answeredMs)}; right: ${right}`,
    ...links.map((link) => `  registrant ${about(link)}`),
    ...told.map(({ what, node: home, server, sinceMs: from, untilMs }) => {
      const which = (home ?? server) + 1
      return `  fault: ${what}, ${which}: ${at(from)} to ${at(untilMs)}`
    }),
    ...(stillMs > 0 ? [`  the process that judges stood still for ${Math.round(stillMs)} ms`] : []),
  ].join('\n')
}

/** What each node says of a token by now, and of the others: whether a mistake lasts, and who makes it. */
export async function laterAnswers(nodes, token, asking) {
  const lines = nodes.map(async ({ port, adminPort }, index) => {
    const askedMs = now()
    const said = await asking.ask(port, token).catch((error) => ({ status: 'nothing,', body: error.message }))
    const tookMs = Math.round(now() - askedMs)
    const status = await asking.askFor(adminPort, '/status').catch(() => undefined)
    const cluster = status && JSON.parse(status.body).cluster
    const members = cluster?.members.map(({ node, state }) => `${node.slice(0, 4)} ${state}`).join(', ')
    const self =
      cluster && `; it is ${cluster.node.slice(0, 4)}, degraded: ${cluster.degraded}, members: ${members}`
    return `  later, node ${index + 1}: ${said.status} ${said.body}, after ${tookMs} ms${self ?? ''}`
  })
  return (await Promise.all(lines)).join('\n')
}
