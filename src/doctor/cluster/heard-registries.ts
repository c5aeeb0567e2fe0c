import { CLUSTER_REMEDIES } from '../../registry/cluster-trouble.ts'
import type { SeenCluster } from './look.ts'
import type { Finding } from './steps.ts'

/** Registries that are named. */
const NAMED = 10

/** What to do where registries are not heard that should be there. */
const SAME = 'give all of them the same REGISTRY_CLUSTER and the same NATS servers'

type Registry = readonly [node: string, name: string]

/** Which registries say that they live, and which of the others these miss. */
export function registriesFinding(
  all: readonly Pick<SeenCluster, 'registries' | 'missing'>[],
  prefix: string,
): Finding {
  const step = 'cluster'
  const heard = new Map(all.flatMap(({ registries }) => [...registries]))
  if (heard.size === 0) {
    const words = `start the registries; if they run, ${SAME}`
    return { step, status: 'warn', seen: `no registry is heard in ${prefix}`, remedy: { words } }
  }
  const count = heard.size === 1 ? 'one registry is' : `${heard.size} registries are`
  const seen = `${count} heard: ${labelled([...heard])}`
  const missed = all.flatMap(({ missing }) => [...missing.values()]).filter(({ node }) => !heard.has(node))
  if (missed.length > 0) {
    const names = new Map(missed.map(({ node, name }) => [node, name]))
    const longestMs = Math.max(...missed.map(({ forMs }) => forMs))
    const since = `${names.size === 1 ? '' : 'up to '}${Math.round(longestMs / 1000)} s`
    return {
      step,
      status: 'warn',
      code: 'CLUSTER_MEMBER_MISSING',
      seen: `${seen}; missing for ${since}: ${labelled([...names], true)}`,
      remedy: { words: CLUSTER_REMEDIES.CLUSTER_MEMBER_MISSING },
    }
  }
  if (heard.size > 1) return { step, status: 'ok', seen }
  const words = `start the others; if they run, ${SAME}`
  return { step, status: 'warn', seen: `${seen}, and no other one in ${prefix}`, remedy: { words } }
}

/** By their names, and by their ids too where a name says too little: several may run on one machine. */
function labelled(registries: readonly Registry[], hasIds = false): string {
  const counts = new Map<string, number>()
  for (const [, name] of registries) counts.set(name, (counts.get(name) ?? 0) + 1)
  const labels = registries
    .map(([node, name]) => (hasIds || counts.get(name) !== 1 ? `${name} (${node.slice(0, 8)}…)` : name))
    .sort()
  const more = labels.length > NAMED ? ` and ${labels.length - NAMED} more` : ''
  return labels.slice(0, NAMED).join(', ') + more
}
