import type { Clock } from '../lib/clock.ts'
import type { ClusterMembership, Directory } from './directory.ts'
import type { GapWait } from './gap-wait.ts'
import type { RegistryOptions } from './options.ts'
import type { Reachability } from './reachability/reachability.ts'
import type { RegistrationTable } from './registration-table.ts'
import { Resolver } from './resolver.ts'
import type { TokenSharing } from './token-sharing.ts'

export interface DirectoryParts {
  readonly clock: Clock
  readonly table: RegistrationTable
  readonly gapWait: GapWait
  readonly reachability: Reachability | undefined
  readonly perToken: number
  readonly sharing: Pick<TokenSharing, 'changed'>
}

/** How puppets are found: among the registrants of this registry, or of all registries of its cluster. */
export interface Directories {
  readonly resolver: Resolver
  /** Undefined where this registry is alone. */
  readonly cluster: ClusterMembership | undefined
  readonly directory: Directory
}

export function createDirectory(parts: DirectoryParts, options: RegistryOptions): Directories {
  const { table, gapWait, perToken, sharing } = parts
  const resolver = new Resolver({ ...parts, mask: options.reachability === 'mask' })
  const cluster = options.joinCluster?.({
    table,
    gapWait,
    perToken,
    onShared: (token) => sharing.changed(token),
    directory: resolver,
    emit: (event) => options.onEvent?.({ type: 'cluster', event }),
  })
  return { resolver, cluster, directory: cluster?.directory ?? resolver }
}
