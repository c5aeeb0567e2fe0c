import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/**
 * Keeps the measured server and the bench on separate cores: the kernel sometimes puts both ends of a connection on one
 * core, and then a measure has two typical values. For an otherwise idle machine: a pinned process cannot move to a free
 * core. Needs two cores, and `taskset` of Linux.
 */
class CpuAffinity {
  #last = availableParallelism() - 1
  #isReserved = false

  /** Moves this process, and what it starts from now on, off the first core. */
  reserveFirstCore() {
    if (this.#last === 0) throw new Error('there is only one core')
    this.#isReserved = true
    this.#pin(process.pid, `1-${this.#last}`)
  }

  /** Moves all threads of the process `pid`, a server, to the first core, if that is reserved. */
  pinToFirstCore(pid) {
    if (this.#isReserved) this.#pin(pid, '0')
  }

  #pin(pid, cores) {
    execFileSync('taskset', ['-apc', cores, String(pid)], { stdio: 'ignore' })
  }
}

export const cpuAffinity = new CpuAffinity()
