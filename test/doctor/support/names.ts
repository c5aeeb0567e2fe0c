import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NameServer } from '../../support/name-server.ts'
import { makeTempDir } from '../../support/temp-dir.ts'

/** Files of tests run side by side, each with a name server at the one port that a `resolv.conf` can mean. */
const OURS = `127.53.${process.pid % 250}`
let started = 0

/** A name server that knows these names; resolves with a `resolv.conf` that names it. Takes root. */
export async function startNames(
  names: Readonly<Record<string, string>>,
): Promise<{ readonly resolvConf: string; readonly server: NameServer }> {
  started += 1
  const address = `${OURS}.${started}`
  const server = await NameServer.start(address, 53)
  for (const [name, its] of Object.entries(names)) server.records.set(name, [its])
  const resolvConf = join(makeTempDir(), 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${address}\n`)
  return { resolvConf, server }
}
