import { readdirSync, readFileSync } from 'node:fs'
import type { Command } from '../../support/child.ts'
import { waitUntil } from '../../support/wait.ts'

/** SIGSTOP; resolves when each thread of the process stands still: they may go on for some milliseconds. */
export async function freeze(command: Command): Promise<void> {
  command.kill('SIGSTOP')
  const tasks = `/proc/${command.pid}/task`
  const stands = (task: string): boolean => / \(.*\) T /.test(readFileSync(`${tasks}/${task}/stat`, 'latin1'))
  await waitUntil(() => readdirSync(tasks).every(stands), {
    timeoutMs: 5000,
    what: 'the process to stand still',
    everyMs: 1,
  })
}
