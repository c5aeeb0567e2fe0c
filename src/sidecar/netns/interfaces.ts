import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { InterfaceNames } from './netns-state.ts'

/** The interfaces of the network namespace that this process is in. Never throws. */
export function listInterfaces(): InterfaceNames {
  const addressed = addressedInterfaces()
  if (addressed === undefined) return { addressed: [], present: undefined }
  return { addressed, present: addressed.length > 0 ? addressed : presentInterfaces() }
}

/** Undefined where they cannot be listed: that takes a socket, and there may be no file descriptor left. */
function addressedInterfaces(): readonly string[] | undefined {
  try {
    return Object.entries(networkInterfaces())
      .filter(([, addresses = []]) => addresses.some(({ internal }) => !internal))
      .map(([name]) => name)
  } catch {
    return undefined
  }
}

/** Linux lists each interface in a line `name: counters…` (proc_net_dev(5)), those without an address too. */
function presentInterfaces(): readonly string[] | undefined {
  try {
    const text = readFileSync('/proc/self/net/dev', 'utf8')
    return [...text.matchAll(/^\s*([^\s:]+):/gm)].map(([, name = '']) => name).filter((name) => name !== 'lo')
  } catch {
    return undefined
  }
}
