import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/**
 * Keeps what is measured and what measures it on cores of their own, where there are two and Linux's `taskset`: the kernel
 * likes to put both ends of a connection on one core, sometimes, and then measures come out at two different heights.
 */
export const canSeparate = availableParallelism() > 1 && taskset('-V')

/** This process, and what it starts from now on, leaves the first core alone. */
export function leaveFirstCore() {
  if (canSeparate) taskset('-apc', `1-${availableParallelism() - 1}`, String(process.pid))
}

/** The first core is for the process `pid`, all of its threads. */
export function takeFirstCore(pid) {
  if (canSeparate) taskset('-apc', '0', String(pid))
}

function taskset(...args) {
  try {
    execFileSync('taskset', args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
