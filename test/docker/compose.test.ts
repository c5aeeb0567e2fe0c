import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { makeTempDir } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'
import { type Container, container, tell, untilOld } from './support/container.ts'
import { compose, docker, hasEngine } from './support/engine.ts'
import { buildImages } from './support/images.ts'

const PROJECT = `registrar-test-${process.pid}`
const SHIPPED = ['docker-compose.yml']
const SHARED = [...SHIPPED, 'docker/compose.shared-network.yml']
const DISCOVERED = 'client: discovered at puppet:8788, and the puppet answers'
const NOT_FOUND = 'client: not found (404): nobody registers the token'

const up = (files: readonly string[]): Promise<string> =>
  compose(PROJECT, files, 'up', '--detach', '--no-build')
async function service(name: string): Promise<Container> {
  const id = await docker(
    'ps',
    '--all',
    '--quiet',
    ...mine,
    '--filter',
    `label=com.docker.compose.service=${name}`,
  )
  return container(id)
}
const mine = ['--filter', `label=com.docker.compose.project=${PROJECT}`]

/** Waits for the client to say something as the last of its lines, and resolves with all of them. */
async function clientSays(last: string, timeoutMs: number): Promise<readonly string[]> {
  const client = await service('client')
  let lines: readonly string[] = []
  await waitUntil(
    async () => {
      lines = (await client.logs()).split('\n')
      return lines.at(-1) === last
    },
    { timeoutMs, everyMs: 50, what: `the client to say "${last}"` },
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${lines.join('\n')}`)
  })
  return lines
}

describe.skipIf(!hasEngine)('docker-compose.yml with .env.example', () => {
  const settings = (text: string): string => {
    const file = join(makeTempDir(), '.env')
    writeFileSync(file, text)
    return file
  }
  const registrarOf = async (env: string) => {
    const config = parse(await compose(PROJECT, SHIPPED, '--env-file', settings(env), 'config'))
    return { ...config.services.registrar.environment, token: config.secrets.token.file }
  }
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')

  it('is the example as it is while nothing is taken out of its comments', async () => {
    expect(await registrarOf(example)).toMatchObject({
      REGISTRAR_REGISTRY_URL: 'ws://registry:8080',
      REGISTRAR_ADVERTISE_HOST: 'puppet',
      token: expect.stringMatching(/docker\/secrets\/example-token$/),
    })
  })

  it('has nothing of the example left when every line of it is used', async () => {
    const used = await registrarOf(example.replace(/^#(?=[A-Z_]+=)/gm, ''))
    expect(used).toMatchObject({
      REGISTRAR_REGISTRY_URL: 'wss://registry.example.com',
      REGISTRAR_ADVERTISE_HOST: 'bots.example.com',
      token: expect.stringMatching(/docker\/secrets\/token$/),
    })
  })

  it('goes to the public registry, with the address that it sees, where both are empty', async () => {
    expect(await registrarOf('REGISTRAR_REGISTRY_URL=\nREGISTRAR_ADVERTISE_HOST=\n')).toMatchObject({
      REGISTRAR_REGISTRY_URL: '',
      REGISTRAR_ADVERTISE_HOST: '',
    })
  })
})

describe.skipIf(!hasEngine)('docker-compose.yml, as it is', () => {
  beforeAll(buildImages)
  afterEach(() => compose(PROJECT, SHARED, 'down', '--volumes'))

  it('reaches "discovered" within 60 s, and everything is healthy', async () => {
    const since = elapsed()
    await up(SHIPPED)
    await clientSays(DISCOVERED, 60_000)
    tell(`compose up to "discovered": ${Math.round(since())} ms`)
    for (const name of ['registry', 'registrar']) {
      const of = await service(name)
      await waitUntil(async () => (await of.inspect()).State.Health?.Status === 'healthy', {
        timeoutMs: 30_000,
        everyMs: 100,
        what: `${name} to be healthy`,
      })
    }
  })

  it('follows the puppet: killed, not found; back, discovered', async () => {
    await up(SHIPPED)
    await clientSays(DISCOVERED, 60_000)
    await compose(PROJECT, SHIPPED, 'kill', 'puppet')
    await clientSays(NOT_FOUND, 10_000)
    await compose(PROJECT, SHIPPED, 'start', 'puppet')
    await clientSays(DISCOVERED, 10_000)
    await compose(PROJECT, SHIPPED, 'stop', 'registrar')
    await clientSays(NOT_FOUND, 10_000)
    expect((await (await service('registrar')).inspect()).State.ExitCode).toBe(0)
  })

  it('with the other way, a registrar in the puppet’s network, follows a puppet that restarts', async () => {
    await up(SHARED)
    await clientSays(DISCOVERED, 60_000)
    const registrar = await service('registrar')
    await untilOld(registrar)
    await compose(PROJECT, SHARED, 'restart', '--timeout', '1', 'puppet')
    await registrar.line(/the network shared with the puppet is gone/)
    await waitUntil(async () => (await registrar.inspect()).RestartCount === 1, {
      timeoutMs: 10_000,
      what: 'the registrar to be started again',
    })
    expect(await clientSays(DISCOVERED, 20_000)).toContain(NOT_FOUND)
  })

  it('shows the token nowhere', async () => {
    await up(SHIPPED)
    await clientSays(DISCOVERED, 60_000)
    const said = await compose(PROJECT, SHIPPED, 'logs', '--no-color')
    expect(said).toContain('discovered')
    expect(said).not.toContain('insecure_example')
    const { Config } = JSON.parse(await docker('inspect', (await service('registrar')).name))[0]
    expect(JSON.stringify(Config)).not.toContain('insecure_example')
  })

  it('leaves nothing behind when it is down', async () => {
    await up(SHIPPED)
    await clientSays(DISCOVERED, 60_000)
    await compose(PROJECT, SHIPPED, 'down', '--volumes')
    expect(await docker('ps', '--all', '--quiet', ...mine)).toBe('')
    expect(await docker('network', 'ls', '--quiet', ...mine)).toBe('')
    expect(await docker('volume', 'ls', '--quiet', ...mine)).toBe('')
  })
})
