import { inBackground } from '../../src/lib/background.ts'

/** What test/unit/promises.test.ts has to find, and what not. Nothing of it runs. */
async function work(): Promise<void> {}
declare function later(callback: () => void): void
declare function awaits(callback: () => Promise<void> | void): void
declare const perhaps: Promise<void> | undefined

interface Listener {
  onEvent(): void
  readonly onEnd?: () => void
}

export function lost(): void {
  work() // lost
  void work() // lost
  work().then(() => {}) // lost
  work().finally(() => {}) // lost
  void perhaps // lost
  later(() => work()) // lost
  later(async () => {}) // lost
  later(() => void work()) // lost
}

export const listener: Listener = {
  onEvent: () => work(), // lost
  onEnd: async () => {}, // lost
}

export const methods: Listener = {
  async onEvent() {}, // lost
}

export class LosingListener implements Listener {
  async onEvent(): Promise<void> {} // lost
}

export async function owned(): Promise<void> {
  await work()
  work().catch(() => {})
  work().then(
    () => {},
    () => {},
  )
  inBackground(work())
  later(() => inBackground(work()))
  awaits(() => work())
  const kept = work()
  await kept
  return work()
}
