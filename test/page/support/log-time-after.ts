import type { Command } from '../../support/child.ts'
import { loggedAtMs } from '../../support/log-time.ts'
import { waitUntil } from '../../support/wait.ts'

/**
 * Does something, and waits for the line of a log that says it was seen; resolves with the instant of that line, in milliseconds since the
 * epoch. Older lines do not count.
 */
export async function logTimeAfter(
  { lines, output }: Command,
  match: RegExp,
  act: () => Promise<unknown> | unknown,
): Promise<number> {
  const begin = lines('stdout').length
  await act()
  const line = await waitUntil(
    () =>
      lines('stdout')
        .slice(begin)
        .find((text) => match.test(text)),
    { timeoutMs: 30_000, what: `a line that matches ${match}` },
  ).catch((error) => {
    throw new Error(`${error.message}\n${output()}`)
  })
  return loggedAtMs(line)
}
