import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Memory of a process now, in bytes: all that is resident (VmRSS), and the part of it that maps no file (RssAnon). */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)[1]) * 1024
  return { resident: field('VmRSS'), anonymous: field('RssAnon') }
}

/** Processor time that a process has used so far, user and system, in seconds; in steps of 10 ms. */
export function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name, in parentheses, may hold spaces; the state after it is field 3, utime 14, stime 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond()
}

function ticksPerSecond() {
  ticksPerSecond.known ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return ticksPerSecond.known
}
