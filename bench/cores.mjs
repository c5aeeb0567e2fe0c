import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/**
 * Keeps what is measured and what measures it apart, each on cores of their own: the kernel likes to put both ends of a
 * connection on one core, sometimes, and then a measure comes out at two heights. For a machine with nothing else to do:
 * whoever is bound to a core cannot make room for others. Needs two cores, and `taskset` of Linux.
 */
export class Cores {
  #last = availableParallelism() - 1
  #apart = false

  /** Leaves the first core alone from now on: this process does, and what it starts. */
  setApart() {
    if (this.#last === 0) throw new Error('there is but one core')
    this.#apart = true
    this.#move(process.pid, `1-${this.#last}`)
  }

  /** The first core is for the process `pid`, a server, with all of its threads. */
  give(pid) {
    if (this.#apart) this.#move(pid, '0')
  }

  #move(pid, cores) {
    execFileSync('taskset', ['-apc', cores, String(pid)], { stdio: 'ignore' })
  }
}

/** Those of this machine. */
export const cores = new Cores()
