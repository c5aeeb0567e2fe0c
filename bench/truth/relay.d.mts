export type AcceptMode = 'pass' | 'black-hole' | 'close' | '503' | 'slow'

/** See relay.mjs. */
export class Relay {
  constructor(port: number, targetPort: number)
  readonly port: number
  listen(): Promise<void>
  refuse(): void
  setAcceptMode(mode: AcceptMode): void
  delay(ms: number): void
  hold(): void
  release(): void
  reset(): void
  resetAtRegistrant(): void
  resetAtRegistry(): void
  blackHole(): void
  resetDeadLinks(): void
  end(): Promise<void>
}
