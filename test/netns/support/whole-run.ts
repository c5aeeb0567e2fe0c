import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { hasNamespaces } from './capability.ts'

const GUARD = fileURLToPath(new URL('guard.sh', import.meta.url))
let guard: ChildProcess | undefined

/** Before the tests: names the run's namespaces, in an environment that its workers inherit, and sets a guard over them. */
export function setup(): void {
  if (!hasNamespaces) return
  process.env.NETNS_PREFIX = `puppet-registrar-${process.pid}-`
  // A process group of its own: what interrupts the run must not end the guard.
  guard = spawn('sh', [GUARD, process.env.NETNS_PREFIX], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
}

/** After them. Where a run has no such end, because it was interrupted or killed, the guard's stdin ends all the same. */
export async function teardown(): Promise<void> {
  if (guard === undefined) return
  const exit = once(guard, 'exit')
  guard.stdin?.end()
  await exit
}
