import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readInstalled, sayMissing } from '../../support/installed-languages.ts'

/** A NATS server that can be started. */
export interface NatsProgram {
  /** In words, with its version: for the names of tests. */
  readonly name: string
  readonly version: string
  readonly file: string
}

const INSTALLED = fileURLToPath(new URL('../.cache/installed.json', import.meta.url))

/** The servers that there are, the current one first. Says loudly which is missing; with NATS=required none may be. */
function installedPrograms(): readonly NatsProgram[] {
  return readInstalled(INSTALLED, 'test/cluster/install.mjs').flatMap((server) => {
    if (server.missing === undefined) return [programOf(server.name, server.run[0] ?? '')]
    sayMissing(`NO SERVER: ${server.name.toUpperCase()}: ${server.missing}`, process.env.NATS === 'required')
    return []
  })
}

function programOf(name: string, file: string): NatsProgram {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
  const version = /v?(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1]
  if (version === undefined) throw new Error(`${file} does not say its version`)
  return { name: `${name} ${version}`, version, file }
}

export const NATS_PROGRAMS = installedPrograms()
