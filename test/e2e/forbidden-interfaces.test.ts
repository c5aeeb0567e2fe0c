import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { found } from '../support/registry-peers.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

/** As where AF_NETLINK is forbidden, or no file descriptor is left. */
const FORBIDDEN = `
  require('node:os').networkInterfaces = () => {
    process.stderr.write('the interfaces are asked for\\n')
    throw Object.assign(new Error('uv_interface_addresses returned 97'), { code: 'ERR_SYSTEM_ERROR' })
  }
`

it('where the interfaces cannot be listed, a registrant with a public address does not end the registry', async () => {
  const preload = join(makeTempDir(), 'forbidden.cjs')
  writeFileSync(preload, FORBIDDEN)
  const { command, peers } = await startRegistryProcess({ NODE_OPTIONS: `--require ${preload}` })
  const registrant = await peers.register({ answers: 8788, subprotocol: 'io|0.0.1|id|203.0.114.7|1' })
  // The check of its port, 3 s after it came.
  await waitUntil(() => registrant.asked.length > 0, { timeoutMs: 15_000, what: 'the check' })
  await command.line(/the interfaces are asked for/, { stream: 'stderr' })
  expect(await peers.ask()).toEqual(found('203.0.114.7', 8788))
  expect(registrant.advice()).toEqual([])
  expect(command.lines().filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([])
  peers.end()
})
