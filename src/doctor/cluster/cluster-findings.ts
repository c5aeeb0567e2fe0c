import { CLUSTER_REMEDIES } from '../../registry/cluster-trouble.ts'
import { clockFinding } from '../clock.ts'
import { DOCTOR_REMEDIES } from '../doctor-trouble.ts'
import { registriesFinding } from './heard-registries.ts'
import type { SeenCluster } from './look.ts'
import type { Finding } from './steps.ts'

/** What was seen from all servers that let this registry in. */
export function clusterFindings(
  seen: readonly SeenCluster[],
  prefix: string,
  date: Date,
): readonly Finding[] {
  const time = seen.find((each) => each.time !== undefined)?.time
  const clock = clockFinding(date, time, 'the NATS server')
  return [rightsFinding(seen, prefix), { ...clock, step: 'clock' }, clusterFinding(seen, prefix)]
}

function rightsFinding(all: readonly SeenCluster[], prefix: string): Finding {
  const step = 'NATS rights'
  const refused = [...new Set(all.flatMap((each) => each.refused))].sort()
  const subjects = `${prefix}.>`
  if (refused.length === 0)
    return { step, status: 'ok', seen: `this registry may publish to and subscribe to ${subjects}` }
  return {
    step,
    status: 'fail',
    code: 'CLUSTER_REFUSED',
    seen: `this registry may not ${refused.join(', ')}`,
    remedy: { words: `${CLUSTER_REMEDIES.CLUSTER_REFUSED}; it needs them to ${subjects}` },
  }
}

function clusterFinding(all: readonly SeenCluster[], prefix: string): Finding {
  const step = 'cluster'
  if (all.some(({ refused }) => refused.length > 0))
    return { step, status: 'skipped', seen: 'because of what is wrong with the NATS rights' }
  const unheard = all.flatMap(({ url, heardLooks }) =>
    all.filter((other) => !heardLooks.has(other.url)).map((other) => `${other.url} is not heard at ${url}`),
  )
  if (unheard.length > 0) {
    const seen = `what is said at ${unheard.join(', and at ')}`
    return { step, status: 'fail', code: 'NATS_SPLIT', seen, remedy: { words: DOCTOR_REMEDIES.NATS_SPLIT } }
  }
  const overheard = all.filter(({ isOverheard }) => isOverheard)
  if (overheard.length > 0) {
    const seen = `somebody who is no registry has subscribed to the subjects of all tokens, as seen at ${overheard.map(({ url }) => url).join(', ')}: what would be 404 is 503 after 2.5 s`
    const remedy = { words: DOCTOR_REMEDIES.NATS_OVERHEARD }
    return { step, status: 'fail', code: 'NATS_OVERHEARD', seen, remedy }
  }
  return registriesFinding(all, prefix)
}
