import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { ClusterConfig } from '../../config/registry-cluster-config.ts'
import type { Clock } from '../../lib/clock.ts'
import type { OwnRegistrants } from '../directory.ts'
import { ClusterNode } from './cluster-node.ts'
import { localRegistrants } from './local-registrants.ts'
import { NatsEngine } from './nats-engine.ts'

/** What makes a registry one of a cluster. Load this file with `import()`: NATS comes with it. */
export function joinCluster(config: ClusterConfig, clock: Clock): (own: OwnRegistrants) => ClusterNode {
  const name =
    hostname()
      .replace(/[^\w.-]/g, '-')
      .slice(0, 64) || 'registry'
  return ({ table, gapWait, directory, emit, perToken, onShared }) =>
    new ClusterNode({
      clock,
      engine: new NatsEngine({ ...config, name, clock }),
      node: randomBytes(8).toString('hex'),
      prefix: config.prefix,
      name,
      local: localRegistrants(clock, table, gapWait),
      localDirectory: directory,
      emit,
      perToken,
      onShared,
    })
}
