import { setFlagsFromString } from 'node:v8'
import type { SidecarEventListener } from '../sidecar/events.ts'

/** Up to so many tokens V8's optimisers have next to nothing to earn: chosen, not measured. Ten thousand would need a fifth more CPU to connect. */
export const QUIET_TOKENS = 100

/**
 * V8's flags while there is little to do. Measured on Node.js 20 to 26 with one token and 7,200 probes in a minute and a half: the two
 * optimising compilers cost 5 to 10 MiB (half of it their own code, which is paged in with the first hot function), and
 * young space that doubles whenever much survives another 2 to 5. All of them can be set while the program runs.
 */
const QUIET = ['--no-opt', '--no-maglev', '--semi-space-growth-factor=1']

/** V8's defaults again, but for Maglev: TurboFan alone makes everything as fast, and Node.js 20 and 22 have no more. */
const BUSY = ['--opt', '--semi-space-growth-factor=2']

/**
 * Keeps V8's heap small from now on; gives a listener that lets V8 optimise once there are more than 100 tokens. It does not go back:
 * what has been compiled is there.
 */
export function keepHeapQuiet(setFlag: (flag: string) => void = setFlagsFromString): SidecarEventListener {
  // It lives long and allocates little: without this, V8 lets the short-lived objects of its probes grow to 32 MB.
  setFlag('--optimize-for-size')
  for (const flag of QUIET) setFlag(flag)
  let tokens = 0
  let quiet = true
  return (event) => {
    if (event.type !== 'tokens' || !quiet) return
    tokens += event.added.length - event.removed.length
    if (tokens <= QUIET_TOKENS) return
    quiet = false
    for (const flag of BUSY) setFlag(flag)
  }
}

/**
 * Keeps the young space of a process small that carries bytes, whose code is to be optimised all the same. Measured on Node.js 20 with 5,000
 * connections that had come and were idle: 12 KB of resident memory each, in place of 18.
 */
export function keepYoungSpaceSmall(setFlag: (flag: string) => void = setFlagsFromString): void {
  for (const flag of ['--optimize-for-size', '--semi-space-growth-factor=1']) setFlag(flag)
}
