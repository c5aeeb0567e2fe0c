import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NATS_PROGRAMS } from '../cluster/support/nats-programs.ts'
import { makeTempDir } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'
import { tell } from './support/container.ts'
import { giveToPodman, hasEngine } from './support/engine.ts'
import { buildImages, IMAGE, STAND_IN } from './support/images.ts'
import { podman } from './support/podman.ts'
import {
  addressOf,
  type Beside,
  createNatsSecret,
  natsConfiguration,
  playRegistry,
  probeUrl,
  registryPod,
  ServiceName,
} from './support/registry-pods.ts'
import { haveImage } from './support/stand-in-images.ts'

const TOKEN = 'insecure_pods-41c8'
const PASSWORD = 'of-the-registries-6e0b'
const PREFIX = `registrar-test-${process.pid}`
const [NATS, NETWORK, SECRET] = [`${PREFIX}-nats`, `${PREFIX}-pods`, `${PREFIX}-secret`]
const [PUPPET, REGISTRAR, CLIENT] = [`${PREFIX}-puppet`, `${PREFIX}-registrar`, `${PREFIX}-client`]
const PODS = ['registry-1', 'registry-2', 'registry-3'].map((name) => `${PREFIX}-${name}`)
const NATS_IMAGE = 'nats:2.12-alpine'
/** The Service, as `components/own-registry` names it. */
const SERVICE = 'puppet-registry'

/** Asks for the token ten times a second, each time by a new connection, and says each answer. It asks again at 503, as often as bots in TypeScript do. */
const ASKING = `
const { get } = require('node:http')
const options = { agent: false, timeout: 10_000 }
const ask = (tries) => {
  const say = (answer) => { console.log(answer); setTimeout(ask, 100, 1) }
  const hear = ({ statusCode }) => statusCode === 503 && tries < 5 ? setTimeout(ask, 1000, tries + 1) : say(statusCode)
  get('http://${SERVICE}:8080/v0/hosties/${TOKEN}', options, (answer) => answer.resume().on('end', () => hear(answer)))
    .on('timeout', function () { this.destroy() }).on('error', () => say('none'))
}
ask(1)`

const service = new ServiceName(SERVICE)
let beside: Beside
const addresses = new Map<string, string>()
const addressOfPod = (pod: string): string => addresses.get(pod) ?? ''
const others = (pod: string): readonly string[] => PODS.filter((each) => each !== pod)
const registryIn = (pod: string): string => `${pod}-registry`

interface Answer {
  readonly status: number
  readonly text: string
}

/** Asks from a container of the network, as the kubelet, Prometheus and `kubectl port-forward` do. */
async function ask(from: string, ...urls: readonly string[]): Promise<readonly Answer[]> {
  const script = `Promise.all(process.argv.slice(1).map(async (url) => {
    const answer = await fetch(url)
    return { status: answer.status, text: await answer.text() }
  })).then((answers) => console.log(JSON.stringify(answers)))`
  return JSON.parse(await podman('exec', from, 'node', '-e', script, ...urls)) as readonly Answer[]
}

interface Status {
  readonly cluster: { readonly degraded: boolean; readonly members: readonly { readonly state: string }[] }
  readonly tokens: readonly { readonly registrants: readonly unknown[] }[]
}
async function statusOf(pod: string): Promise<Status> {
  const [answer] = await ask(registryIn(pod), 'http://127.0.0.1:9789/status')
  return JSON.parse(answer?.text ?? '') as Status
}
const registrantsAt = async (pod: string): Promise<number> =>
  (await statusOf(pod)).tokens.flatMap(({ registrants }) => registrants).length

/** What `discover` prints, asked at one pod. */
const discoverAt = (pod: string): Promise<string> =>
  podman(
    'exec',
    ...['--env', `REGISTRAR_REGISTRY_URL=ws://${addressOfPod(pod)}:8080`],
    ...[REGISTRAR, 'puppet-registrar', 'discover', TOKEN],
  )

const isFoundAt = (pod: string): Promise<boolean> => discoverAt(pod).then(Boolean, () => false)

async function startPod(pod: string): Promise<void> {
  await playRegistry(pod, beside)
  addresses.set(pod, await addressOf(pod, NETWORK, 'pod'))
}

/** All of them hear all others: what `kubectl rollout status` does not know. */
async function untilTogether(): Promise<void> {
  const areTogether = async (): Promise<boolean> => {
    const clusters = await Promise.all(PODS.map(async (pod) => (await statusOf(pod)).cluster))
    return clusters.every(
      ({ degraded, members }) =>
        !degraded && members.filter(({ state }) => state === 'alive').length === PODS.length - 1,
    )
  }
  await waitUntil(areTogether, { timeoutMs: 30_000, everyMs: 100, what: 'the pods to hear each other' })
}

/** What the client has been answered since it had `from` answers. */
const answersSince = async (from: number): Promise<readonly string[]> =>
  (await podman('logs', CLIENT)).split('\n').slice(from)

/** Waits until the client has been answered some times more. */
async function untilAnswered(): Promise<void> {
  const before = (await answersSince(0)).length
  const isAnswered = async (): Promise<boolean> => (await answersSince(before)).length >= 5
  await waitUntil(isAnswered, { timeoutMs: 30_000, everyMs: 100, what: 'more answers' })
}

/** Does something while the client asks, and returns what it is answered meanwhile and a moment later. */
async function answersDuring(deed: () => Promise<unknown>): Promise<ReadonlySet<string>> {
  const before = (await answersSince(0)).length
  await deed()
  await untilAnswered()
  return new Set(await answersSince(before))
}

const ignored = (): undefined => undefined
const [nats] = NATS_PROGRAMS

describe.skipIf(!hasEngine || nats === undefined)('the pods of registry-cluster', () => {
  beforeAll(async () => {
    await buildImages()
    await haveImage({ image: NATS_IMAGE, program: nats?.file ?? '', command: ['nats-server'] })
    await giveToPodman(IMAGE, STAND_IN, NATS_IMAGE)
    await podman('network', 'create', NETWORK)
    const inNetwork = ['--detach', '--network', NETWORK]
    const config = join(makeTempDir(), 'nats.conf')
    writeFileSync(config, natsConfiguration(PASSWORD))
    const mount = ['--volume', `${config}:/nats.conf:ro,z`]
    const serve = [NATS_IMAGE, 'nats-server', '--config', '/nats.conf']
    await podman('run', ...inNetwork, '--name', NATS, ...mount, ...serve)
    const natsAddress = await addressOf(NATS, NETWORK, 'container')
    beside = { network: NETWORK, secret: SECRET, natsAddress }
    await createNatsSecret(beside, { user: 'registry', password: PASSWORD })
    for (const pod of PODS) await startPod(pod)
    service.leadTo(addressOfPod(PODS[0] ?? ''))

    await podman('run', ...inNetwork, '--name', PUPPET, '--env', 'WECHATY_PUPPET_SERVER_PORT=8788', STAND_IN)
    const environment = {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      REGISTRAR_REGISTRY_URL: `ws://${SERVICE}:8080`,
    }
    const env = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    const sidecar = ['--detach', '--network', `container:${PUPPET}`, ...service.options, ...env]
    await podman('run', '--name', REGISTRAR, ...sidecar, IMAGE)
    const client = [...inNetwork, ...service.options, '--entrypoint', 'node']
    await podman('run', '--name', CLIENT, ...client, IMAGE, '-e', ASKING)
  })
  afterAll(async () => {
    for (const pod of PODS) await podman('pod', 'rm', '--force', '--time', '0', pod).catch(ignored)
    for (const container of [CLIENT, REGISTRAR, PUPPET, NATS])
      await podman('rm', '--force', '--time', '0', container).catch(ignored)
    await podman('volume', 'rm', SECRET).catch(ignored)
    await podman('secret', 'rm', SECRET).catch(ignored)
    await podman('network', 'rm', '--force', NETWORK).catch(ignored)
  })

  it('meet on NATS, with the Secret and the rights of the docs', async () => {
    await untilTogether().catch(async (error: Error) => {
      const said = await Promise.all(PODS.map((pod) => podman('logs', registryIn(pod)).catch(String)))
      throw new Error([error.message, ...said].join('\n'))
    })
    for (const pod of PODS) {
      const said = await podman('logs', registryIn(pod))
      expect(said).toContain('joined the cluster')
      expect(said).not.toMatch(/refuses|limit on memory/)
      expect(said).not.toContain(PASSWORD)
    }
  })

  it('run as the manifest says, and answer what its probes ask', async () => {
    const { registry } = registryPod()
    for (const pod of PODS) {
      const [of] = JSON.parse(await podman('inspect', registryIn(pod)))
      expect(of.Config.User).toBe('65532:65532')
      expect(of.HostConfig.ReadonlyRootfs).toBe(true)
      expect(of.EffectiveCaps ?? []).toEqual([])
      const { startupProbe, livenessProbe, readinessProbe } = registry
      const probes = [startupProbe, livenessProbe, readinessProbe].map((probe) =>
        probeUrl(probe, addressOfPod(pod)),
      )
      const answers = await ask(REGISTRAR, ...probes, `http://${addressOfPod(pod)}:9789/metrics`)
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      expect(answers.at(-1)?.text).toContain('puppet_registry_cluster_members{state="alive"} 2')
    }
  })

  it('are found in order by the doctor, in one of them', async () => {
    const doctor = ['node', '/app/main.js', 'doctor', '--registry']
    const said = await podman('exec', registryIn(PODS[0] ?? ''), ...doctor)
    expect(said).toContain('3 registries are heard')
    expect(said).toMatch(/all is well$/)
  })

  it('find at each what is registered at one', async () => {
    const [first = ''] = PODS
    await waitUntil(() => isFoundAt(first), { timeoutMs: 20_000, what: 'the token to be found' })
    expect(await Promise.all(PODS.map(registrantsAt))).toEqual([1, 0, 0])
    const puppet = { host: await addressOf(PUPPET, NETWORK, 'container'), port: 8788 }
    const found = await Promise.all(PODS.map(discoverAt))
    expect(found.map((text) => JSON.parse(text))).toEqual([puppet, puppet, puppet])
  })

  it('fail nobody while the one that holds the token is deleted, and another comes in its place', async () => {
    const [first = '', second = ''] = PODS
    const answers = await answersDuring(async () => {
      // As while preStop sleeps: the Service leads elsewhere, and the pod is still there.
      service.leadTo(addressOfPod(second))
      await untilAnswered()
      await podman('pod', 'stop', '--time', `${registryPod().spec.terminationGracePeriodSeconds}`, first)
      await waitUntil(async () => (await registrantsAt(second)) === 1, {
        timeoutMs: 20_000,
        what: 'the registrant to come to the second pod',
      })
    })
    expect(answers).toEqual(new Set(['200']))
    expect(await podman('inspect', '--format', '{{.State.ExitCode}}', registryIn(first))).toBe('0')
    await podman('pod', 'rm', '--force', first)
    expect(await Promise.all(others(first).map(isFoundAt))).toEqual([true, true])
    await startPod(first)
    await untilTogether()
    expect(await isFoundAt(first)).toBe(true)
  })

  it('fail nobody while the one that holds the token is killed', async () => {
    const [first = '', second = '', third = ''] = PODS
    const since = elapsed()
    const answers = await answersDuring(async () => {
      service.leadTo(addressOfPod(third))
      await podman('pod', 'rm', '--force', '--time', '0', second)
      await waitUntil(() => isFoundAt(first), { timeoutMs: 20_000, what: 'the token to be found' })
      tell(
        `registry pods: one is killed, and its token found at another one, within ${Math.round(since())} ms`,
      )
    })
    expect(answers).toEqual(new Set(['200']))
    expect(await isFoundAt(third)).toBe(true)
    expect(await Promise.all(others(second).map(registrantsAt))).toEqual([0, 1])
  })
})
