import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NATS_PROGRAMS } from '../cluster/support/nats-programs.ts'
import { elapsed, waitUntil } from '../support/wait.ts'
import { type Container, container, tell } from './support/container.ts'
import { compose, docker, hasEngine } from './support/engine.ts'
import { buildImages } from './support/images.ts'
import { haveImage } from './support/stand-in-images.ts'

const PROJECT = `registrar-cluster-${process.pid}`
const FILES = ['docker/compose.cluster.yml']
const REGISTRIES = ['registry-1', 'registry-2', 'registry-3']
const DISCOVERED = 'client: discovered at puppet:8788, and the puppet answers'
/** `SAY_EVERY_MS`, and five tries a second apart, with some room. */
const SAYS_MS = 10_000

const [nats] = NATS_PROGRAMS
const run = (...args: readonly string[]): Promise<string> => compose(PROJECT, FILES, ...args)

async function service(name: string): Promise<Container> {
  const filters = [`project=${PROJECT}`, `service=${name}`].flatMap((label) => [
    '--filter',
    `label=com.docker.compose.${label}`,
  ])
  return container(await docker('ps', '--all', '--quiet', ...filters))
}

async function clientSaid(): Promise<readonly string[]> {
  return (await (await service('client')).logs()).split('\n').filter((line) => line !== '')
}

/** How many registrants a registry has. */
async function registrants(name: string): Promise<number> {
  const ask = `fetch('http://127.0.0.1:9789/status').then(async (answer) => console.log(await answer.text()))`
  const said = await (await service(name)).exec('node', '-e', ask).catch(() => '{"tokens":[]}')
  return JSON.parse(said).tokens.flatMap(({ registrants: of }: { registrants: unknown[] }) => of).length
}

/** The registry that the puppet is registered at. */
async function holder(): Promise<string> {
  let found: string | undefined
  await waitUntil(
    async () => {
      const counts = await Promise.all(REGISTRIES.map(registrants))
      found = REGISTRIES.find((_, index) => counts[index] === 1)
      return found !== undefined
    },
    { timeoutMs: 20_000, everyMs: 200, what: 'a registry to have the registrant' },
  )
  return found as string
}

/** What the client says after a deed, when it has said something `times` times since. */
async function saidAfter(deed: () => Promise<unknown>, times: number): Promise<readonly string[]> {
  const before = (await clientSaid()).length
  await deed()
  let said: readonly string[] = []
  await waitUntil(
    async () => {
      said = (await clientSaid()).slice(before)
      return said.length >= times
    },
    { timeoutMs: times * SAYS_MS, everyMs: 100, what: 'the client to say something' },
  )
  return said
}

describe.skipIf(!hasEngine || nats === undefined)('docker/compose.cluster.yml', () => {
  beforeAll(async () => {
    await buildImages()
    await haveImage({ image: 'nats:2.12-alpine', program: nats?.file ?? '', command: ['nats-server'] })
    const nginx = ['nginx', '-g', 'daemon off;']
    await haveImage({ image: 'nginx:1.28-alpine', program: '/usr/sbin/nginx', command: nginx })
    const since = elapsed()
    await run('up', '--detach', '--no-build')
    await waitUntil(async () => (await clientSaid()).includes(DISCOVERED), {
      timeoutMs: 60_000,
      everyMs: 100,
      what: 'the client to discover the puppet',
    }).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await run('logs', '--no-color')}`)
    })
    tell(`compose up to "discovered": ${Math.round(since())} ms`)
  })
  afterAll(() => run('down', '--volumes'))

  it('has three registries that know each other', async () => {
    for (const name of REGISTRIES) await (await service(name)).line(/joined the cluster/)
  })

  it('has a client that goes on discovering while the registry of its puppet is killed, and is back', async () => {
    const killed = await holder()
    expect(new Set(await saidAfter(() => run('kill', killed), 4))).toEqual(new Set([DISCOVERED]))
    expect(await holder()).not.toBe(killed)
    expect(new Set(await saidAfter(() => run('start', killed), 2))).toEqual(new Set([DISCOVERED]))
  })

  it('has a client that goes on discovering while the registry of its puppet is stopped', async () => {
    const stopped = await holder()
    expect(new Set(await saidAfter(() => run('stop', stopped), 4))).toEqual(new Set([DISCOVERED]))
    expect((await (await service(stopped)).inspect()).State.ExitCode).toBe(0)
    await run('start', stopped)
  })

  it('has a client that goes on discovering while NATS is away', async () => {
    expect(new Set(await saidAfter(() => run('kill', 'nats'), 4))).toEqual(new Set([DISCOVERED]))
    expect(new Set(await saidAfter(() => run('start', 'nats'), 3))).toEqual(new Set([DISCOVERED]))
  })

  it('lets nobody but the registries speak with NATS', async () => {
    const ask = `require('net').connect(4222, 'nats').on('error', (error) => console.log(error.code))`
    expect(await (await service('client')).exec('node', '-e', ask)).toMatch(/ENOTFOUND|EAI_AGAIN/)
  })

  it('shows the token nowhere', async () => {
    const said = await run('logs', '--no-color')
    expect(said).toContain('discovered')
    expect(said).not.toContain('insecure_example')
  })
})
