import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { examineRegistry } from '../../src/doctor/cluster/examine-registry.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createAuthority } from '../support/certificates.ts'
import { startCommand, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { type RegistryStatus, startRegistryProcess } from '../support/registry-process.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { createCredentials } from './support/nats-credentials.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'
import { startNatsServers } from './support/nats-server.ts'
import { oneServer, started, stopEngines } from './support/watched-engine.ts'

const PASSWORD = 'right-password-1'

afterEach(async () => {
  await stopEngines()
  await stopAllPeers()
  removeTempDirs()
})

/** What the doctor finds, as `status step code`, and its words by step. */
async function ask(env: Readonly<Record<string, string>>) {
  const findings = await examineRegistry(env, systemClock)
  const text = JSON.stringify(findings)
  expect(text).not.toContain(PASSWORD)
  for (const { status, remedy } of findings)
    expect({ status, hasRemedy: remedy !== undefined }).toEqual({
      status,
      hasRemedy: status === 'fail' || status === 'warn',
    })
  const lines = findings.map(({ step, status, code }) => `${status} ${step}${code ? ` ${code}` : ''}`)
  const [cause] = findings.filter(({ status }) => status === 'fail')
  const seen = (step: string): string =>
    findings.flatMap((finding) => (finding.step === step ? [finding.seen] : [])).join('\n')
  return { lines, cause, seen }
}

function passwordFile(password: string): string {
  const file = join(makeTempDir(), 'password')
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  return file
}

/** A user who may do what is said, in the server's language, and the environment of a registry that is this user. */
function user(permissions: string) {
  return {
    config: `authorization { users: [{ user: u, password: ${PASSWORD}, permissions: ${permissions} }] }`,
    env: { REGISTRY_NATS_USER: 'u', REGISTRY_NATS_PASSWORD_FILE: passwordFile(PASSWORD) },
  }
}

/** How many others a registry says are in a state. */
function others(status: RegistryStatus, state: string): number {
  const { cluster } = status as unknown as { cluster: { members: readonly { state: string }[] } }
  return cluster.members.filter((member) => member.state === state).length
}

const WELL = ['ok configuration', 'ok NATS server', 'ok NATS rights', 'ok cluster']

describe.each(NATS_PROGRAMS)('the doctor of a registry with $name', (program) => {
  it('sees from each server all registries of the cluster, and disturbs none of them', async () => {
    const servers = await startNatsServers(program, 2)
    const urls = servers.map(({ url }) => url)
    const registries = []
    for (const url of urls) registries.push(await startRegistryProcess({ REGISTRY_NATS_URL: url }))
    const { lines, seen } = await ask({ REGISTRY_NATS_URL: urls.join(' ') })
    expect(lines).toEqual(expect.arrayContaining(WELL))
    expect(lines.filter((line) => line.startsWith('fail'))).toEqual([])
    // Both have the name of this machine.
    expect(seen('cluster')).toMatch(/^2 registries are heard: (\S+) \([0-9a-f]{8}…\), \1 \([0-9a-f]{8}…\)$/)
    expect(seen('NATS server')).toContain(`version ${program.version}`)
    const isOld = program.version.startsWith('2.9.')
    expect(lines).toContain(isOld ? 'warn NATS version NATS_OUTDATED' : 'ok NATS version')
    // Old servers do not say what time it is.
    expect(lines).toContain(isOld ? 'skipped clock' : 'ok clock')
    for (const { admin } of registries) {
      const { body } = await admin('/metrics')
      expect(body, 'disturbed').toContain('puppet_registry_cluster_ignored_messages_total 0\n')
      expect(body).toContain('puppet_registry_cluster_members{state="alive"} 1\n')
    }
  })

  it('warns of a registry that has died, and of one that is alone', async () => {
    const { url } = await oneServer(program)
    const env = { REGISTRY_NATS_URL: url }
    const registries = []
    for (let count = 0; count < 3; count += 1) registries.push(await startRegistryProcess(env))
    const [one, , died] = registries
    await one?.until('the others', (status) => others(status, 'alive') === 2)
    died?.command.kill('SIGKILL')
    await one?.until('a missing one', (status) => others(status, 'missing') === 1)
    const { lines, seen } = await ask(env)
    expect(lines).toContain('warn cluster CLUSTER_MEMBER_MISSING')
    expect(seen('cluster')).toMatch(/^2 registries are heard: .*; missing for \d+ s: \S+ \([0-9a-f]{8}…\)$/)
    const alone = { ...env, REGISTRY_CLUSTER: 'by-mistake' }
    await startRegistryProcess(alone)
    const mistaken = await ask(alone)
    expect(mistaken.lines).toContain('warn cluster')
    expect(mistaken.seen('cluster')).toMatch(/^one registry is heard: \S+, and no other one in by-mistake$/)
  })

  it('needs no more rights than a registry, and a file of credentials is as good as a password', async () => {
    const one = user('{ publish: "puppet-registry.>", subscribe: "puppet-registry.>" }')
    const rights = { allow: ['mine.>'] }
    const other = createCredentials({ pub: rights, sub: rights })
    const servers = [await oneServer(program, one.config), await oneServer(program, other.config)]
    const asked = [
      { ...one.env, REGISTRY_NATS_URL: servers[0]?.url ?? '' },
      {
        REGISTRY_NATS_URL: servers[1]?.url ?? '',
        REGISTRY_NATS_CREDENTIALS_FILE: other.file,
        REGISTRY_CLUSTER: 'mine',
      },
    ]
    for (const { lines } of await Promise.all(asked.map(ask))) {
      expect(lines).toContain('ok NATS rights')
      expect(lines).toContain('warn cluster')
    }
  })

  it('names each subject that is refused', async () => {
    const { config, env } = user(
      '{ publish: ["puppet-registry.ask.*", "puppet-registry.reply.>"], subscribe: { allow: "puppet-registry.>", deny: "puppet-registry.node.*" } }',
    )
    const { url } = await oneServer(program, config)
    const { lines, cause } = await ask({ ...env, REGISTRY_NATS_URL: url })
    expect(cause).toMatchObject({
      step: 'NATS rights',
      code: 'CLUSTER_REFUSED',
      seen: 'this registry may not publish to puppet-registry.alive, publish to puppet-registry.fallback.*, publish to puppet-registry.node.*, subscribe to puppet-registry.node.*',
      remedy: {
        words: expect.stringMatching(/, or set REGISTRY_CLUSTER to .*; it needs them to puppet-registry\.>$/),
      },
    })
    expect(lines).toContain('skipped cluster')
  })

  it('says why a server does not let the registry in, and what to do', async () => {
    const { config } = user('{}')
    const { url } = await oneServer(program, config)
    const wrong = { REGISTRY_NATS_USER: 'u', REGISTRY_NATS_PASSWORD_FILE: passwordFile('wrong-password-2') }
    expect((await ask({ REGISTRY_NATS_URL: url, ...wrong })).cause).toMatchObject({
      step: 'NATS server',
      code: 'NATS_REFUSED',
      seen: `${url}: it refuses the user of REGISTRY_NATS_USER, or the password in REGISTRY_NATS_PASSWORD_FILE`,
    })
    expect((await ask({ REGISTRY_NATS_URL: url })).cause).toMatchObject({
      code: 'NATS_REFUSED',
      seen: `${url}: it wants to know who we are`,
      remedy: { words: 'set REGISTRY_NATS_USER or REGISTRY_NATS_CREDENTIALS_FILE' },
    })
  })

  it('says what is wrong with TLS, and what to do', async () => {
    const authority = await createAuthority()
    const { certFile, keyFile } = await authority.issue(['dns:other.example'])
    const secured = await oneServer(program, `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`)
    const plain = await oneServer(program)
    const tls = (port: number): string => `tls://127.0.0.1:${port}`
    const asked = await Promise.all([
      ask({ REGISTRY_NATS_URL: tls(secured.address.port) }),
      ask({ REGISTRY_NATS_URL: tls(secured.address.port), REGISTRY_NATS_CA_FILE: authority.caFile }),
      ask({ REGISTRY_NATS_URL: tls(plain.address.port) }),
    ])
    expect(asked.map(({ cause }) => cause)).toMatchObject([
      { code: 'NATS_TLS', remedy: { words: 'give its authority in REGISTRY_NATS_CA_FILE' } },
      { code: 'NATS_TLS', seen: expect.stringContaining('for another name') },
      { code: 'NATS_TLS', remedy: { words: 'write nats:// in REGISTRY_NATS_URL' } },
    ])
  })

  it('sees that a server stands still, and that nobody listens', async () => {
    const frozen = await oneServer(program)
    await frozen.freeze()
    const nobody = `nats://127.0.0.1:${await freePort()}`
    const { lines, seen } = await ask({ REGISTRY_NATS_URL: `${frozen.url} ${nobody}` })
    expect(lines.slice(1, 3)).toEqual([
      'fail NATS server NATS_UNREACHABLE',
      'fail NATS server NATS_UNREACHABLE',
    ])
    expect(seen('NATS server')).toBe(
      `${frozen.url}: it does not answer\n${nobody}: connection refused (ECONNREFUSED)`,
    )
    frozen.thaw()
  })

  it('sees that somebody else listens to all subjects', async () => {
    const { url } = await oneServer(program)
    const stranger = await started(undefined, { servers: [url] })
    stranger.subscribe('>', stranger.hear)
    stranger.publish('a', 'there')
    await stranger.untilHeard('a: there')
    const { cause } = await ask({ REGISTRY_NATS_URL: url })
    expect(cause).toMatchObject({ step: 'cluster', code: 'NATS_OVERHEARD' })
    await stopEngines()
    expect((await ask({ REGISTRY_NATS_URL: url })).cause).toBeUndefined()
  })

  it('sees that two servers do not carry what is said at the other one, and warns of one that is away', async () => {
    const [one, other] = [await oneServer(program), await oneServer(program)]
    const away = `nats://127.0.0.1:${await freePort()}`
    const { lines, cause } = await ask({ REGISTRY_NATS_URL: `${one.url} ${other.url} ${away}` })
    expect(lines).toContain('warn NATS server NATS_UNREACHABLE')
    expect(cause).toMatchObject({
      step: 'cluster',
      code: 'NATS_SPLIT',
      seen: `what is said at ${other.url} is not heard at ${one.url}, and at ${one.url} is not heard at ${other.url}`,
    })
  })
})

const [program] = NATS_PROGRAMS
describe.runIf(program !== undefined)('the command doctor --registry', () => {
  it('ends with 0 where nothing fails and with 1 where something does', async () => {
    if (program === undefined) return
    const { config, env } = user('{ publish: "puppet-registry.>", subscribe: "puppet-registry.alive" }')
    const bad = await oneServer(program, config)
    const good = await oneServer(program)
    const [failed, passed] = [
      startCommand(['doctor', '--registry'], { env: { ...env, REGISTRY_NATS_URL: bad.url } }),
      startCommand(['doctor', '--registry', '--json'], { env: { REGISTRY_NATS_URL: good.url } }),
    ]
    expect((await failed.exit).code).toBe(1)
    expect((await passed.exit).code).toBe(0)
    expect(failed.output()).toContain(
      'FAIL  NATS rights: this registry may not subscribe to puppet-registry.ask.*',
    )
    expect(failed.output()).not.toContain(PASSWORD)
    expect(JSON.parse(passed.output('stdout'))).toMatchObject({ ok: true })
  })
})
