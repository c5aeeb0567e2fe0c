import { hasNamespaces } from './capability.ts'

/** Before the tests: names the run, in an environment that its workers inherit, and clears what others left. */
export async function setup(): Promise<void> {
  process.env.NETNS_RUN = String(process.pid)
  await clear()
}

/** After them: a worker that hung was killed, and could not clear away anything. */
export const teardown = clear

async function clear(): Promise<void> {
  if (!hasNamespaces) return
  const { removeNamespaces } = await import('./namespace.ts')
  removeNamespaces()
}
