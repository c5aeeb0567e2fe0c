import type { ClusterEvent } from './cluster-events.ts'
import type { ClusterState } from './cluster-state.ts'
import type { GapWait } from './gap-wait.ts'
import type { Registrant } from './registrant.ts'
import type { RegistrationTable } from './registration-table.ts'
import type { Resolution } from './resolution.ts'

/** Finds the puppet of a token: among the registrants of this process, or of all registries of a cluster. */
export interface Directory {
  /** The answer, where nobody has to be asked, and no registrant is expected. */
  atOnce(token: string): Resolution | undefined
  /** Within 9 s. Never rejects. */
  later(token: string): Promise<Resolution>
}

/** Who else has a token that a registrant of this registry has. */
export interface Sharing {
  /** How many registrants other registries have. */
  readonly elsewhere: number
  /** Whether clients are sent to one of this registry. */
  readonly isHere: boolean
}

/** This registry's part in a cluster of registries. */
export interface ClusterMembership {
  /** Finds the puppets of all of them. */
  readonly directory: Directory
  readonly state: ClusterState
  start(): void
  /** A registrant has been let in. */
  joined(registrant: Registrant): void
  /** A registrant of this token has left, or answers no more, or answers again. */
  changed(token: string): void
  /** Undefined where no registrant is here. */
  sharing(token: string): Sharing | undefined
  /** All registrants have been sent away: resolves when they have come to others, or after a moment. */
  drain(): Promise<void>
  /** Leaves. No answer is to be on its way any more: others may be asked for it. */
  stop(): Promise<void>
}

/** What a registry brings into a cluster. */
export interface OwnRegistrants {
  readonly table: RegistrationTable
  readonly gapWait: GapWait
  /** Finds only these. */
  readonly directory: Directory
  readonly emit: (event: ClusterEvent) => void
  /** How many registrants a token may have. */
  readonly perToken: number
  /** Others have registrants of this token too, or not any more. */
  readonly onShared: (token: string) => void
}
