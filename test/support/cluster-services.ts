import { ClusterNode } from '../../src/registry/cluster/cluster-node.ts'
import { localRegistrants } from '../../src/registry/cluster/local-registrants.ts'
import { FakeClock } from './fake-clock.ts'
import type { ModelEngine } from './model-engine.ts'
import { ModelNats } from './model-nats.ts'
import { type ServiceHarness, startService } from './registry-service-harness.ts'

export interface ClusterService extends ServiceHarness {
  readonly engine: ModelEngine
}

/** Registries of a cluster with all that is around them: under one clock, and over a model of NATS. */
export async function startClusterServices(count: number): Promise<readonly ClusterService[]> {
  const clock = new FakeClock()
  const nats = new ModelNats(clock)
  const services: ClusterService[] = []
  const engines = Array.from({ length: count }, () => nats.connect())
  for (const [index, engine] of engines.entries()) {
    const harness = await startService({
      clock,
      joinCluster: ({ table, gapWait, directory, emit, perToken, onShared }) =>
        new ClusterNode({
          clock,
          engine,
          node: index.toString(16).padStart(16, '0'),
          prefix: 'test',
          name: `host-${index}`,
          local: localRegistrants(clock, table, gapWait),
          localDirectory: directory,
          emit,
          perToken,
          onShared,
        }),
    })
    services.push({ ...harness, engine })
  }
  return services
}
