import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { median } from './numbers.mjs'
import { now, sleep } from './time.mjs'

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

/** The same as the scheduler counts it, to the nanosecond, in seconds: of all threads that exist now. */
export function schedulerCpuOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = (thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  return threads.reduce((sum, thread) => sum + nanoseconds(thread), 0) / 1e9
}

/**
 * The usage of settled processes over `watchMs`, all of them at the same time: for each the median memory in bytes, and its
 * processor time as a share of a core. `readCpu`: how processor time is read, in seconds.
 */
export async function usageOf(processes, watchMs, readCpu = cpuOf) {
  const samples = []
  const before = processes.map(({ pid }) => readCpu(pid))
  const beganMs = now()
  while (now() - beganMs < watchMs) {
    await sleep(1000)
    samples.push(processes.map(({ pid }) => memoryOf(pid)))
  }
  const seconds = (now() - beganMs) / 1000
  return processes.map(({ pid }, index) => {
    const medianOf = (field) => median(samples.map((sample) => sample[index][field]))
    const cpu = (readCpu(pid) - before[index]) / seconds
    return { resident: medianOf('resident'), anonymous: medianOf('anonymous'), cpu }
  })
}

function ticksPerSecond() {
  ticksPerSecond.known ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return ticksPerSecond.known
}
