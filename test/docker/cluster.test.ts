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
/** `SAY_EVERY_MS`, two answers 503 with a second after each, and room for a busy machine. */
const SILENCE_MS = 6000

const [nats] = NATS_PROGRAMS
const run = (...args: readonly string[]): Promise<string> => compose(PROJECT, FILES, ...args)

async function service(name: string): Promise<Container> {
  const filters = [`project=${PROJECT}`, `service=${name}`].flatMap((label) => [
    '--filter',
    `label=com.docker.compose.${label}`,
  ])
  return container(await docker('ps', '--all', '--quiet', ...filters))
}

interface Said {
  readonly atMs: number
  readonly line: string
}

async function clientSaid(): Promise<readonly Said[]> {
  const said = await docker('logs', '--timestamps', (await service('client')).name)
  const lines = said.split('\n').map((each) => /^(\S+) (client: .*)$/.exec(each))
  return lines.flatMap((match) => (match ? [{ atMs: Date.parse(match[1] ?? ''), line: match[2] ?? '' }] : []))
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

/** Expects the client to say "discovered" after a deed, `times` times, nothing else, and without a long silence. */
async function goesOnAfter(what: string, deed: () => Promise<unknown>, times: number): Promise<void> {
  const before = (await clientSaid()).length
  await deed()
  let said: readonly Said[] = []
  const isSaid = async (): Promise<boolean> => {
    said = (await clientSaid()).slice(before - 1)
    return said.length > times
  }
  await waitUntil(isSaid, {
    timeoutMs: times * SILENCE_MS,
    everyMs: 200,
    what: `the client to speak, ${what}`,
  })
  const longestMs = Math.max(...said.slice(1).map(({ atMs }, index) => atMs - (said[index]?.atMs ?? 0)))
  tell(`${what}: longest silence of the client ${Math.round(longestMs)} ms (it speaks every 2 s)`)
  expect(new Set(said.map(({ line }) => line))).toEqual(new Set([DISCOVERED]))
  expect(longestMs).toBeLessThan(SILENCE_MS)
}

describe.skipIf(!hasEngine || nats === undefined)('docker/compose.cluster.yml', () => {
  beforeAll(async () => {
    await buildImages()
    await haveImage({ image: 'nats:2.12-alpine', program: nats?.file ?? '', command: ['nats-server'] })
    const nginx = ['nginx', '-g', 'daemon off;']
    await haveImage({ image: 'nginx:1.28-alpine', program: '/usr/sbin/nginx', command: nginx })
    const since = elapsed()
    await run('up', '--detach', '--no-build')
    await waitUntil(async () => (await clientSaid()).some(({ line }) => line === DISCOVERED), {
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
    await goesOnAfter('its registry killed', () => run('kill', killed), 4)
    expect(await holder()).not.toBe(killed)
    await goesOnAfter('that registry back', () => run('start', killed), 2)
  })

  it('has a client that goes on discovering while the registry of its puppet is stopped', async () => {
    const stopped = await holder()
    await goesOnAfter('its registry stopped', () => run('stop', stopped), 4)
    expect((await (await service(stopped)).inspect()).State.ExitCode).toBe(0)
    await run('start', stopped)
  })

  it('has a client that goes on discovering while NATS is away', async () => {
    await goesOnAfter('NATS killed', () => run('kill', 'nats'), 4)
    await goesOnAfter('NATS back', () => run('start', 'nats'), 3)
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
