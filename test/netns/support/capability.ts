import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** What is missing for network namespaces with wires between them, or nothing. */
function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'the user is not root'
  for (const program of ['ip', 'iptables', 'conntrack', 'python3']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `there is no ${program}`
  }
  try {
    // The file may be there although the kernel has none.
    closeSync(openSync('/dev/net/tun', 'r+'))
  } catch {
    return 'there is no /dev/net/tun'
  }
  const inside = ['--net', 'iptables', '--table', 'nat', '--list']
  if (spawnSync('unshare', inside).status !== 0) return 'no namespace can be made that hides another'
  return undefined
}

const lack = missing()

/** Whether tests in network namespaces can run. With NETNS=required they have to. */
export const hasNamespaces = lack === undefined
if (lack !== undefined) {
  const words = `NO NETWORK NAMESPACES (${lack}): the tests of a network in trouble do not run`
  if (process.env.NETNS === 'required') throw new Error(words)
  process.stderr.write(`\n!!! ${words} !!!\n\n`)
}
