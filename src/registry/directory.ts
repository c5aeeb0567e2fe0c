import type { Registrant } from './registrant.ts'
import type { Resolution } from './resolver.ts'

/** Finds the puppet of a token: among the registrants of this process, or of all registries of a cluster. */
export interface Directory {
  /** The answer, where nobody has to be asked, and no registrant is expected. */
  atOnce(token: string): Resolution | undefined
  /** Within 9 s. Never rejects. */
  later(token: string): Promise<Resolution>
}

/** What has to be told to those who look after the registrants of this process. */
export interface RegistrantsListener {
  /** A registrant has been let in. */
  joined(registrant: Registrant): void
  /** A registrant of this token has left, or answers no more, or answers again. */
  changed(token: string): void
}
