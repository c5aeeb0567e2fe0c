import type { Command } from './child.ts'

/**
 * When a process wrote a line of its log, in milliseconds since the epoch. Bounds on what a process does are held against this, and not
 * against the moment at which a test sees it: the test has neighbours that take the processor from it.
 */
export function loggedAtMs(line: string): number {
  return Date.parse(JSON.parse(line).time)
}

/** How long a sidecar that has ended took to withdraw everything, in milliseconds, by its own clock. */
export async function drainMs({ line }: Command): Promise<number> {
  const [began, ended] = [await line(/"state":"draining"/), await line(/"msg":"drained"/)]
  return loggedAtMs(ended) - loggedAtMs(began)
}
