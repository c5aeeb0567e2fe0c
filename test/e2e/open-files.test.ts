import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

let puppet: Peer
beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: false })
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const sidecarFor = (
  path: string,
  registryPort: number,
  { level = 'info', ...options }: { level?: string; openFiles?: number } = {},
): Promise<Sidecar> =>
  startSidecar(
    {
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: path,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
      LOG_LEVEL: level,
    },
    options,
  )
/** A file with so many tokens. */
function fileOf(count: number): string {
  const file = join(makeTempDir(), 'tokens')
  const tokens = Array.from({ length: count }, (_, index) => `insecure_files-${index}-0123456789`)
  writeFileSync(file, `${tokens.join('\n')}\n`)
  return file
}

describe('too few open files', () => {
  it('are told at the start with the number needed; what fits is registered, and probe and endpoints go on', async () => {
    const registry = await startPeer('recording-registry', {})
    const sidecar = await sidecarFor(fileOf(300), registry.port, { openFiles: 200 })
    await sidecar.command.line(/300 tokens need 428 open files, and only 200 are allowed/)
    await sidecar.until('what fits', ({ registrations }) => registrations.registered === 100)
    const { puppet, registry: reach, tokens } = await sidecar.status()
    expect(puppet.state).toBe('healthy')
    expect(reach.reachable).toBe(true)
    expect(tokens[0]).toMatchObject({ state: 'waiting', reason: /limit on open files/ })
  })

  it('later on: the pacer pauses, it does not spin; the puppet stays healthy, and all are back when there is room again', async () => {
    const before = await startPeer('recording-registry', {})
    const count = 100
    const sidecar = await sidecarFor(fileOf(count), before.port, { level: 'debug' })
    await sidecar.until('all registrations', allRegistered)
    const { pid } = sidecar.command
    const limit = (soft: number): Buffer =>
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`])
    limit(readdirSync(`/proc/${pid}/fd`).length - count / 2)
    before.kill('SIGKILL')
    await before.exited
    const after = await startPeer('recording-registry', { port: before.port })
    await sidecar.command.line(/no connection to the registry: TCP: too many open files in this process/)
    const attempts = (): number =>
      sidecar.command.lines().filter((line) => /"msg":"connecting"/.test(line)).length
    const since = elapsed()
    let atFirst = 0
    await waitUntil(
      () => {
        if (since() < 1000) atFirst = attempts()
        return since() > 8000
      },
      { timeoutMs: 20_000, what: 'some seconds to pass', everyMs: 100 },
    )
    expect(attempts() - atFirst).toBeLessThan(15)
    expect(await after.ask<number>('open')).toBeGreaterThan(count / 4)

    limit(1000)
    await sidecar.until('all registrations', allRegistered, 30_000)
    expect((await sidecar.status()).puppet.state).toBe('healthy')
    expect(sidecar.command.output()).not.toContain('puppet is unhealthy')
  })
})
