import { eventually } from '../../time.mjs'

const SETTLE_MS = 30_000
/** Each node listens for heartbeats, for what is meant for it, and for answers. */
const OWN_SUBSCRIPTIONS = 3

/** What nodes and servers count, once it is what there is; or after a while, if it is not. `count`: what there is. */
export async function settledCount(cluster, count) {
  let last
  const look = async () => {
    last = await countedOnce(cluster, await count())
    return last.isRight ? last : undefined
  }
  return eventually(SETTLE_MS, 'all counts are right', 500, look).catch(() => last)
}

async function countedOnce({ nodes, servers }, { links, tokens }) {
  const statuses = await Promise.all(nodes.map((node) => node.status()))
  const total = (of) => statuses.reduce((sum, status) => sum + of(status), 0)
  const connections = await Promise.all(servers.map((server) => server.monitor('/connz?subs=1')))
  const counted = {
    links: total(({ registrants }) => registrants.total),
    claims: total(({ cluster }) => cluster.claims),
    holdings: total(({ cluster }) => cluster.claims + cluster.fallbacks),
    nodesTokens: total(({ registrants }) => registrants.tokens),
    subscriptions: connections
      .flatMap((answer) => answer.connections)
      .reduce((sum, { subscriptions }) => sum + subscriptions, 0),
  }
  const isRight =
    counted.links === links &&
    counted.claims === tokens &&
    counted.holdings === counted.nodesTokens &&
    counted.subscriptions === counted.holdings + OWN_SUBSCRIPTIONS * nodes.length
  return { ...counted, wanted: { links, tokens }, isRight }
}
