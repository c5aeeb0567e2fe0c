import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a command runs: a network namespace, a folder's `resolv.conf`, a limit on open files, a clock that is off. Nothing: here. */
export interface Machine {
  readonly namespace?: string
  /** A file in the place of `/etc/resolv.conf`. */
  readonly resolvConf?: string
  /** How far off the clock is, in the words of libfaketime: `-1d`. */
  readonly clock?: string
  /** What was typed in the shell from which the product is started, and counts for it alone: `ulimit -n 200`. */
  readonly shell?: readonly string[]
}

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))

/** The words that run the built product on a machine. */
export function productOn(machine: Machine, args: readonly string[]): string[] {
  return [...enter(machine), ...clockOf(machine), process.execPath, MAIN, ...args]
}

/** libfaketime, from Debian's package of that name; undefined where it is not installed. */
export const FAKETIME = readdirSync('/usr/lib')
  .map((folder) => join('/usr/lib', folder, 'faketime/libfaketime.so.1'))
  .find((file) => existsSync(file))

/** Only what a clock on the wall shows is off: time goes by as ever. The program `faketime` would stand between us and a signal. */
function clockOf({ clock }: Machine): string[] {
  if (clock === undefined) return []
  return ['env', `LD_PRELOAD=${FAKETIME}`, `FAKETIME=${clock}`, 'DONT_FAKE_MONOTONIC=1']
}

/** The words before a command that make it run on a machine. */
export function enter({ namespace, resolvConf, shell = [] }: Machine): string[] {
  const scripts = [
    // Both make a mount namespace of their own, so that nobody else sees the file.
    ...(resolvConf === undefined ? [] : [`mount --bind '${resolvConf}' /etc/resolv.conf`]),
    ...shell,
  ]
  return [
    ...(namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]),
    ...(namespace === undefined && resolvConf !== undefined ? ['unshare', '--mount'] : []),
    ...(scripts.length === 0 ? [] : ['bash', '-c', `${scripts.join(' && ')} && exec "$@"`, 'bash']),
  ]
}
