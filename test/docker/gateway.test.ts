import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { type Container, container, tell, timeUntil } from './support/container.ts'
import { buildImage, compose, docker, hasEngine } from './support/engine.ts'
import { buildImages, IMAGE } from './support/images.ts'

const TOKEN = 'insecure_gateway-8a51'
const PROJECT = `registrar-gateway-${process.pid}`
const GATEWAY_IMAGE = 'puppet-registrar-test:gateway'
const dir = makeTempDir()
/** A registry in the place of the public one, in the same network. */
const REGISTRY = join(dir, 'registry.yml')
const ENV = join(dir, 'env')
const FILES = ['docker/compose.gateway.yml', REGISTRY]

const run = (...args: readonly string[]): Promise<string> =>
  compose(PROJECT, FILES, '--env-file', ENV, ...args)
async function service(name: string): Promise<Container> {
  const filters = [`project=${PROJECT}`, `service=${name}`].flatMap((label) => [
    '--filter',
    `label=com.docker.compose.${label}`,
  ])
  return container(await docker('ps', '--all', '--quiet', ...filters))
}

let port = 0

/** What `discover` says in the registrar's container: the endpoint, or undefined. */
async function found(): Promise<unknown> {
  const { exec } = await service('registrar')
  return exec('puppet-registrar', 'discover', TOKEN).then(
    (said) => JSON.parse(said),
    () => undefined,
  )
}
const isFound = async (): Promise<boolean> => (await found()) !== undefined
const isNotFound = async (): Promise<boolean> => !(await isFound())

async function registrants(): Promise<number> {
  const ask = `fetch('http://127.0.0.1:9789/status').then(async (answer) => console.log(await answer.text()))`
  const { tokens } = JSON.parse(await (await service('registry')).exec('node', '-e', ask))
  return tokens.flatMap(({ registrants: of }: { registrants: unknown[] }) => of).length
}

describe.skipIf(!hasEngine)('docker/compose.gateway.yml, with the real io-client', () => {
  beforeAll(async () => {
    await buildImages()
    await buildImage({ tag: GATEWAY_IMAGE, context: 'test/peers' })
    const registry = { image: IMAGE, command: ['registry'] }
    port = await freePort()
    writeFileSync(REGISTRY, JSON.stringify({ services: { registry } }))
    const env = {
      WECHATY_TOKEN: TOKEN,
      WECHATY_PUPPET: 'wechaty-puppet-mock',
      GATEWAY_IMAGE,
      GATEWAY_PORT: String(port),
      REGISTRAR_REGISTRY_URL: 'ws://registry:8080',
    }
    writeFileSync(
      ENV,
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    await run('up', '--detach', '--no-build')
    await waitUntil(isFound, { timeoutMs: 60_000, everyMs: 200, what: 'the token to be discovered' }).catch(
      async (error: Error) => {
        throw new Error(`${error.message}\n${await run('logs', '--no-color')}`)
      },
    )
  })
  afterAll(async () => {
    await run('down', '--volumes')
    await docker('image', 'rm', '--force', GATEWAY_IMAGE)
    removeTempDirs()
  })

  it('the gateway server listened before the gateway started, so that it started once', async () => {
    const [gateway, registrar] = [await service('gateway'), await service('registrar')]
    expect((await gateway.inspect()).RestartCount).toBe(0)
    expect(await registrar.logs()).toContain('the gateway has connected')
    // The port that is published, where it is another one than the puppet's own.
    expect(await found()).toMatchObject({ port })
  })

  it('the registry sees one registrant, and nobody has a second copy of the token', async () => {
    expect(await registrants()).toBe(1)
    const { name } = await service('registrar')
    expect(await docker('inspect', '--format', '{{json .Config.Env}}', name)).not.toContain(TOKEN)
    expect(await run('logs', '--no-color', 'registrar', 'registry')).not.toContain(TOKEN)
  })

  it('the gateway is killed: withdrawn; it is back: discovered', async () => {
    const { name } = await service('gateway')
    await docker('kill', name)
    const goneMs = await timeUntil('the token to be withdrawn', isNotFound, 10_000)
    await docker('start', name)
    const backMs = await timeUntil('the token to be found', isFound, 30_000)
    tell(`gateway killed, not found after ${goneMs} ms; started again, found after ${backMs} ms`)
    expect(await registrants()).toBe(1)
  })

  it('neither a registrar that restarts nor a registry that is away ends the gateway', async () => {
    const [gateway, registrar, registry] = await Promise.all(
      ['gateway', 'registrar', 'registry'].map(service),
    )
    if (!gateway || !registrar || !registry) throw new Error('a service is missing')
    const { StartedAt } = (await gateway.inspect()).State
    await docker('restart', registrar.name)
    await timeUntil('the token to be found', isFound, 30_000)
    await docker('stop', registry.name)
    await registrar.line(/no connection to the registry/)
    await docker('start', registry.name)
    await timeUntil('the token to be found', isFound, 30_000)
    expect((await gateway.inspect()).State).toMatchObject({ StartedAt, Status: 'running' })
    expect(await registrants()).toBe(1)
  })
})
