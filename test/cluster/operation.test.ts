import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'
import { oneServer } from './support/watched-engine.ts'

afterEach(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const codesOf = ({ problems }: { readonly problems: readonly { readonly code: string }[] }): string =>
  problems.map(({ code }) => code).join()

interface ClusterStatus {
  readonly cluster: Readonly<Record<string, unknown>>
}

const clusterOf = async ({ status }: RegistryProcess): Promise<ClusterStatus['cluster']> =>
  ((await status()) as unknown as ClusterStatus).cluster

/** Waits until its cluster is so. */
async function untilCluster(
  registry: RegistryProcess,
  wanted: Readonly<Record<string, unknown>>,
): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const { members, ...rest } = await clusterOf(registry)
    const states = (members as readonly { readonly state: string }[]).map(({ state }) => state).join()
    return Object.entries(wanted).every(([key, value]) => ({ ...rest, members: states })[key] === value)
  }
  await waitUntil(isSo, { timeoutMs: 15_000, what: JSON.stringify(wanted) })
}

describe.each(NATS_PROGRAMS)('what a registry says of its cluster with $name', (program) => {
  it('is that NATS has gone and come back, that another one is missing, and that it stays ready', async () => {
    const nats = await oneServer(program)
    const [one, other] = [
      await startRegistryProcess({ REGISTRY_NATS_URL: nats.url }),
      await startRegistryProcess({ REGISTRY_NATS_URL: nats.url }),
    ]
    const server = `127.0.0.1:${nats.address.port}`
    await untilCluster(one, { connected: true, server, degraded: false, members: 'alive' })
    const connected = JSON.parse(await one.command.line(/"connected to NATS"/))
    expect(connected).toMatchObject({ server, version: program.version })
    if (program.version.startsWith('2.9.')) await one.command.line(/"code":"NATS_OUTDATED"/)
    else expect(one.command.output()).not.toContain('NATS_OUTDATED')
    expect(codesOf(await one.status())).toBe('')
    await nats.kill()
    await one.until('to be cut off', (status) => codesOf(status) === 'CLUSTER_CUT_OFF')
    expect(await clusterOf(one)).toMatchObject({
      connected: false,
      degraded: true,
      reason: expect.stringMatching(/^no connection to NATS: 127\.0\.0\.1:\d+: /),
    })
    expect((await one.admin('/readyz')).status).toBe(200)
    await nats.start()
    await untilCluster(one, { connected: true, degraded: false, members: 'alive' })
    await untilCluster(other, { degraded: false })
    await one.until('no problem', (status) => codesOf(status) === '')
    other.command.kill('SIGKILL')
    await one.until('one to be missing', (status) => codesOf(status) === 'CLUSTER_MEMBER_MISSING')
    expect(await clusterOf(one)).toMatchObject({ degraded: false, members: [{ state: 'missing' }] })
    expect((await one.admin('/metrics')).body).toContain('puppet_registry_cluster_reconnects_total 1\n')
    await one.command.line(/"code":"CLUSTER_MEMBER_MISSING"/)
  })

  it('is what the server does not allow, and that it is cut off for that', async () => {
    const password = 'right-password-1'
    const rights =
      '{ publish: "puppet-registry.>", subscribe: { allow: "puppet-registry.>", deny: "puppet-registry.alive" } }'
    const config = `authorization { users: [{ user: u, password: ${password}, permissions: ${rights} }] }`
    const nats = await oneServer(program, config)
    const file = join(makeTempDir(), 'password')
    writeFileSync(file, password, { mode: 0o600 })
    const registry = await startRegistryProcess({
      REGISTRY_NATS_URL: nats.url,
      REGISTRY_NATS_USER: 'u',
      REGISTRY_NATS_PASSWORD_FILE: file,
    })
    const status = await registry.until(
      'what is refused',
      (seen) => codesOf(seen) === 'CLUSTER_CUT_OFF,CLUSTER_REFUSED',
    )
    expect(status.problems).toMatchObject([
      { message: expect.stringMatching(/: it does not hear itself through 127\.0\.0\.1:\d+$/) },
      { message: expect.stringMatching(/: the user may not subscribe to puppet-registry\.alive$/) },
    ])
    expect((await registry.admin('/readyz?verbose')).body).toMatch(/^\[-\] cluster: cut off: /m)
    await registry.command.line(/"code":"CLUSTER_CUT_OFF"/, { timeoutMs: 15_000 })
    // It tries again and again, and says so once.
    const hasTriedAgain = async (): Promise<boolean> =>
      /cluster_reconnects_total ([2-9]|\d\d)/.test((await registry.admin('/metrics')).body)
    await waitUntil(hasTriedAgain, { timeoutMs: 15_000, what: 'a third connection' })
    const output = registry.command.output()
    for (const words of ['"connected to NATS"', '"code":"CLUSTER_REFUSED"', '"code":"CLUSTER_CUT_OFF"'])
      expect(output.split(words), words).toHaveLength(2)
    expect(output).not.toContain(password)
  })
})
