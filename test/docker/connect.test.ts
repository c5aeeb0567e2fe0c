import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readConnectConfig } from '../../src/config/connect-config.ts'
import { CONNECT_VARIABLES } from '../../src/config/connect-variables.ts'
import { freePort } from '../support/free-port.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import {
  type Container,
  container,
  createNetwork,
  HARDENED,
  removeAll,
  start,
  tell,
  timeUntil,
} from './support/container.ts'
import { compose, docker, giveToPodman, hasEngine } from './support/engine.ts'
import { BASE, buildImages, IMAGE, STAND_IN } from './support/images.ts'
import { containersOf, type DeploymentSpec, KUBERNETES, kustomize, ofKind } from './support/kubernetes.ts'
import { environmentOf } from './support/kubernetes-environment.ts'
import { restrictedViolations } from './support/kubernetes-restricted.ts'
import { createSecret, play, podman } from './support/podman.ts'

// The bot's half in containers: a bot in one network reaches a puppet in another through connect.

const TOKEN = 'insecure_bots-half-2d7f'
const SUPPORT = fileURLToPath(new URL('support/', import.meta.url))
const ANSWERS = 'bot: the puppet answers'
const NOBODY = 'bot: nobody answers'

afterAll(removeTempDirs)

/** Waits for the last line that a bot says. */
async function says(
  logs: () => Promise<string>,
  last: string,
  connect: () => Promise<string>,
): Promise<void> {
  let said = ''
  await waitUntil(
    async () => {
      said = await logs()
      return said.split('\n').at(-1) === last
    },
    { timeoutMs: 60_000, everyMs: 100, what: `the bot to say "${last}"` },
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${said}\n${await connect()}`)
  })
}

describe('docker/kubernetes/bot', () => {
  const manifests = () => kustomize(join(KUBERNETES, 'bot'))
  const podOf = () => {
    const [deployment] = ofKind<DeploymentSpec>(manifests(), 'Deployment')
    if (deployment === undefined) throw new Error('there is no Deployment')
    return deployment.spec.template.spec
  }

  it('has connect as a native sidecar, which listens before the bot starts', () => {
    const [connect] = podOf().initContainers ?? []
    expect(connect).toMatchObject({
      name: 'connect',
      image: IMAGE,
      args: ['connect'],
      restartPolicy: 'Always',
      startupProbe: { httpGet: { path: '/livez', port: 9790 } },
      livenessProbe: { httpGet: { path: '/livez', port: 9790 } },
    })
    expect(connect?.readinessProbe).toBeUndefined()
  })

  it('keeps the restricted profile, and has no variables of Services', () => {
    expect(restrictedViolations(podOf())).toEqual([])
    expect(podOf()).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
    for (const { resources } of containersOf(podOf())) {
      expect(Object.keys(resources?.limits ?? {})).toEqual(['memory'])
    }
  })

  it('sets variables that there are, without a warning, and the bot is given where connect listens', async () => {
    const [connect, bot] = containersOf(podOf()).toSorted((one) => (one.name === 'connect' ? -1 : 1))
    if (connect === undefined || bot === undefined) throw new Error('there are not two containers')
    const known = (CONNECT_VARIABLES as readonly { name: string }[]).map(({ name }) => name)
    expect(known).toEqual(expect.arrayContaining((connect.env ?? []).map(({ name }) => name)))
    const { config, warnings } = await readConnectConfig(environmentOf(connect))
    expect(warnings).toEqual([])
    const [{ host, port, token } = { host: '', port: 0, token: '' }] = config.addresses
    expect(environmentOf(bot)).toMatchObject({
      WECHATY_PUPPET_SERVICE_ENDPOINT: `${host}:${port}`,
      WECHATY_PUPPET_SERVICE_TOKEN: token,
    })
  })

  it('lets nobody in but who collects metrics', () => {
    const [policy] = ofKind<{ ingress: readonly { ports: readonly unknown[] }[] }>(
      manifests(),
      'NetworkPolicy',
    )
    expect(policy?.spec.ingress.map(({ ports }) => ports)).toEqual([[{ protocol: 'TCP', port: 9790 }]])
  })
})

/** Registry, puppet and registrar in a network of their own, with ports on an address that other networks reach. */
async function startOtherSide(address: string) {
  const network = await createNetwork()
  // Ports that stay: Docker gives others to a container that is started again.
  const [registryPort, puppetPort] = [await freePort(), await freePort()]
  const publish = (outside: number, inside: number): readonly string[] => {
    return ['--publish', `${address}:${outside}:${inside}`]
  }
  const inNetwork = (name: string): readonly string[] => ['--network', network, '--network-alias', name]
  const registry = await start(
    'registry',
    [...inNetwork('registry'), ...publish(registryPort, 8080)],
    IMAGE,
    'registry',
  )
  await registry.line(/registry listens/)
  const puppet = await start('puppet', [...inNetwork('puppet'), ...publish(puppetPort, 8788)], STAND_IN)
  const settings = {
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    REGISTRAR_REGISTRY_URL: 'ws://registry:8080',
    REGISTRAR_PUPPET_HOST: 'puppet',
    REGISTRAR_ADVERTISE_HOST: address,
    REGISTRAR_ADVERTISE_PORT: String(puppetPort),
  }
  const env = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  const registrar = await start('registrar', [...inNetwork('registrar'), ...env], IMAGE)
  await registrar.line(/"msg":"registered/)
  return { puppet, registryUrl: `ws://${address}:${registryPort}` }
}

const gatewayOf = (network: string): Promise<string> =>
  docker('network', 'inspect', network, '--format', '{{(index .IPAM.Config 0).Gateway}}')

describe.skipIf(!hasEngine)('in containers', () => {
  beforeAll(buildImages)
  afterEach(removeAll)
  afterAll(removeAll)

  it('the image runs it, with a health check of its own, and ends it with exit code 0', async () => {
    const { puppet, registryUrl } = await startOtherSide(await gatewayOf('bridge'))
    const env = [
      '--env',
      `WECHATY_PUPPET_SERVICE_TOKEN=${TOKEN}`,
      '--env',
      `REGISTRAR_REGISTRY_URL=${registryUrl}`,
    ]
    const interval = ['--health-interval=1s', '--health-start-period=1ms', '--health-retries=1']
    const connect = await start('connect', [...env, ...interval, ...HARDENED], IMAGE, 'connect')
    const becomes = (wanted: string): Promise<unknown> =>
      waitUntil(async () => (await connect.inspect()).State.Health?.Status === wanted, {
        timeoutMs: 30_000,
        everyMs: 100,
        what: `connect to be ${wanted}`,
      })
    await becomes('healthy')
    expect(await connect.exec('node', '/app/main.js', 'healthcheck')).toBe('')
    await docker('stop', puppet.name)
    await docker('restart', connect.name)
    await becomes('unhealthy')
    await docker('stop', connect.name)
    expect((await connect.inspect()).State).toMatchObject({ ExitCode: 0, OOMKilled: false })
  })

  it('docker/compose.connect.yml: a bot in the network of connect reaches a puppet in another network', async () => {
    const project = `registrar-test-${process.pid}-connect`
    const override = join(makeTempDir(), 'bot.yml')
    const bot = { command: ['node', '/bot/bot.mjs'], volumes: [`${SUPPORT}:/bot:ro`] }
    writeFileSync(override, JSON.stringify({ services: { bot } }))
    const files = ['docker/compose.connect.yml', override]
    const { puppet, registryUrl } = await startOtherSide(await gatewayOf('bridge'))
    const env = join(makeTempDir(), '.env')
    writeFileSync(
      env,
      `BOT_IMAGE=${BASE}\nWECHATY_PUPPET_SERVICE_TOKEN=${TOKEN}\nREGISTRAR_REGISTRY_URL=${registryUrl}\n`,
    )
    const run = (...args: readonly string[]): Promise<string> =>
      compose(project, files, '--env-file', env, ...args)
    try {
      await run('up', '--detach', '--no-build')
      const service = async (name: string): Promise<Container> => container(await run('ps', '--quiet', name))
      const [its, connect] = [await service('bot'), await service('connect')]
      await says(its.logs, ANSWERS, connect.logs)
      await docker('kill', puppet.name)
      await says(its.logs, NOBODY, connect.logs)
      await docker('start', puppet.name)
      const backMs = await timeUntil('the bot', async () => (await its.logs()).endsWith(ANSWERS), 60_000)
      tell(`compose: puppet started again, the bot reaches it after ${backMs} ms`)
      await run('restart', 'bot')
      await says(its.logs, ANSWERS, connect.logs)
      expect(
        readFileSync(new URL('../../docker/compose.connect.yml', import.meta.url), 'utf8'),
      ).not.toContain('insecure_b')
    } finally {
      await run('down', '--volumes')
    }
  })
})

describe.skipIf(!hasEngine)('docker/kubernetes/bot, played by podman', () => {
  const NETWORK = `registrar-test-${process.pid}-bot`
  const [SECRET, DEPLOYMENT] = [`${NETWORK}-token`, `${NETWORK}-bot`]
  const POD = `${DEPLOYMENT}-pod-0`
  const names = ['registry', 'puppet', 'registrar'].map((name) => `${NETWORK}-${name}`)
  const [REGISTRY = '', PUPPET = '', REGISTRAR = ''] = names
  const ignored = (): undefined => undefined

  beforeAll(async () => {
    await buildImages()
    await giveToPodman(IMAGE, STAND_IN, BASE)
    await podman('network', 'create', NETWORK)
    await createSecret(SECRET, { token: TOKEN })
  })
  afterAll(async () => {
    await podman('pod', 'rm', '--force', POD).catch(ignored)
    for (const name of names) await podman('rm', '--force', name).catch(ignored)
    await podman('secret', 'rm', SECRET).catch(ignored)
    await podman('network', 'rm', '--force', NETWORK).catch(ignored)
  })

  it('the bot reaches its puppet through connect in its pod', async () => {
    const run = async (name: string, ...args: readonly string[]): Promise<string> => {
      await podman('run', '--detach', '--name', name, '--network', NETWORK, ...args)
      return podman(
        'inspect',
        '--format',
        `{{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`,
        name,
      )
    }
    const registry = await run(REGISTRY, IMAGE, 'registry')
    const puppet = await run(PUPPET, STAND_IN)
    const settings = {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      REGISTRAR_REGISTRY_URL: `ws://${registry}:8080`,
      REGISTRAR_PUPPET_HOST: puppet,
      REGISTRAR_ADVERTISE_HOST: puppet,
    }
    await run(
      REGISTRAR,
      ...Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      IMAGE,
    )

    const [deployment] = ofKind<DeploymentSpec>(kustomize(join(KUBERNETES, 'bot')), 'Deployment')
    const pod = structuredClone(deployment) as unknown as {
      metadata: { name: string }
      spec: {
        template: { spec: Record<string, unknown> & { initContainers: Played[]; containers: Played[] } }
      }
    }
    pod.metadata.name = DEPLOYMENT
    const { initContainers, ...spec } = pod.spec.template.spec
    const [connect] = initContainers
    const [bot] = spec.containers
    if (connect === undefined || bot === undefined) throw new Error('there are not two containers')
    // Podman knows no native sidecars, makes `curl` of an httpGet, and has no other way for a file into a pod.
    const { restartPolicy, startupProbe, livenessProbe, ...plain } = connect
    expect([restartPolicy, startupProbe, livenessProbe]).not.toContain(undefined)
    plain.env.push({ name: 'REGISTRAR_REGISTRY_URL', value: `ws://${registry}:8080` })
    bot.image = BASE
    bot.command = ['node', '--input-type=module', '-e', readFileSync(join(SUPPORT, 'bot.mjs'), 'utf8')]
    for (const { env } of [plain, bot])
      for (const { valueFrom } of env) if (valueFrom?.secretKeyRef) valueFrom.secretKeyRef.name = SECRET
    const played = { ...spec, containers: [plain, bot].map(({ ports, ...rest }) => rest) }
    pod.spec.template.spec = played as unknown as typeof pod.spec.template.spec
    await play([pod], '--network', NETWORK)
    await says(
      () => podman('logs', `${POD}-bot`),
      ANSWERS,
      () => podman('logs', `${POD}-connect`),
    )
    expect(await podman('exec', `${POD}-connect`, 'node', '/app/main.js', 'healthcheck', '--connect')).toBe(
      '',
    )
  })
})

interface Played {
  readonly [field: string]: unknown
  readonly name: string
  image: string
  command?: readonly string[]
  readonly ports?: unknown
  readonly env: {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: { name: string } }
  }[]
}
