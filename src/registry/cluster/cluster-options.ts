import type { Clock } from '../../lib/clock.ts'
import type { ClusterEvent } from '../cluster-events.ts'
import type { Directory } from '../directory.ts'
import type { Registrant } from '../registrant.ts'
import type { Engine } from './engine.ts'
import type { LocalRegistrants } from './local-registrants.ts'

export interface ClusterOptions {
  readonly clock: Clock
  readonly engine: Engine
  /** What nodes call this one: 16 hex digits by chance. */
  readonly node: string
  /** What all subjects begin with. */
  readonly prefix: string
  /** What people call this node: letters, digits, `-`, `_` and `.`. */
  readonly name: string
  readonly local: LocalRegistrants<Registrant>
  /** How many registrants a token may have, at all nodes together. */
  readonly perToken: number
  /** Other nodes have more registrants of this token, or fewer, or clients are sent elsewhere than before. */
  readonly onShared: (token: string) => void
  /** Of the registrants of this process. */
  readonly localDirectory: Directory
  readonly emit: (event: ClusterEvent) => void
}
