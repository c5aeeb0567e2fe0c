/** An answer to the upgrade that is not an upgrade. */
export interface UpgradeRefusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** How the body begins; left out where that does not matter. */
  readonly body?: string
}
