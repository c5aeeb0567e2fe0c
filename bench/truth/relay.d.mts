export type Reception = 'pass' | 'swallow' | 'close' | '503' | 'slow'

/** See relay.mjs. */
export class Relay {
  constructor(port: number, targetPort: number)
  readonly port: number
  listen(): Promise<void>
  refuse(): void
  receive(reception: Reception): void
  delay(ms: number): void
  hold(): void
  release(): void
  reset(): void
  resetRegistrants(): void
  resetRegistrys(): void
  swallow(): void
  bury(): void
  end(): Promise<void>
}
