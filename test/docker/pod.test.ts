import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { waitUntil } from '../support/wait.ts'
import { tell, timeUntil } from './support/container.ts'
import { call, giveToPodman, hasEngine } from './support/engine.ts'
import { buildImages, IMAGE, STAND_IN } from './support/images.ts'
import { createSecret, play, podman } from './support/podman.ts'

const TOKEN = 'insecure_pod-2d7f'
const NETWORK = `registrar-test-${process.pid}`
const REGISTRY = `${NETWORK}-registry`
/** Names of our own: what users made with the overlay's must not be touched. */
const [SECRET, DEPLOYMENT] = [`${NETWORK}-token`, `${NETWORK}-puppet`]
const POD = `${DEPLOYMENT}-pod-0`
const [REGISTRAR, PUPPET] = [`${POD}-registrar`, `${POD}-puppet`]

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef?: { name: string } }
}
interface Container {
  readonly name: string
  readonly ports?: unknown
  readonly env: Variable[]
}
interface Deployment {
  readonly kind: string
  readonly metadata: { name: string }
  readonly spec: { readonly template: { readonly spec: { readonly containers: Container[] } } }
}

/** The shipped manifest, but with another registry than the public one, other names, and without ports of this machine. */
async function manifest(registryUrl: string): Promise<Deployment> {
  const text = await call('kubectl', ['kustomize', 'docker/kubernetes/overlays/podman'])
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Deployment)
  const deployment = objects.find(({ kind }) => kind === 'Deployment')
  if (deployment === undefined) throw new Error(`the overlay has no Deployment:\n${text}`)
  deployment.metadata.name = DEPLOYMENT
  const pod = deployment.spec.template.spec
  for (const [index, container] of pod.containers.entries()) {
    const { ports, ...rest } = container
    expect(ports).toBeDefined()
    pod.containers[index] = rest
    for (const { valueFrom } of rest.env)
      if (valueFrom?.secretKeyRef !== undefined) valueFrom.secretKeyRef.name = SECRET
    if (rest.name === 'registrar') rest.env.push({ name: 'REGISTRAR_REGISTRY_URL', value: registryUrl })
  }
  return deployment
}

/** Whether the token can be discovered, as the command says by its exit code. */
const isFound = (): Promise<boolean> =>
  podman(
    'exec',
    '--env',
    'REGISTRAR_REGISTRY_URL=ws://127.0.0.1:8080',
    REGISTRY,
    'puppet-registrar',
    'discover',
    TOKEN,
  ).then(
    () => true,
    (error: Error) => {
      if (!error.message.includes('not registered')) throw error
      return false
    },
  )
const isNotFound = async (): Promise<boolean> => !(await isFound())
const ignored = (): undefined => undefined

describe.skipIf(!hasEngine)('the pod, with the registrar as a plain container', () => {
  beforeAll(async () => {
    await buildImages()
    await giveToPodman(IMAGE, STAND_IN)
    await podman('network', 'create', NETWORK)
    await podman('run', '--detach', '--name', REGISTRY, '--network', NETWORK, IMAGE, 'registry')
    const address = await podman(
      'inspect',
      '--format',
      `{{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`,
      REGISTRY,
    )
    await createSecret(SECRET, { token: TOKEN })
    await play([await manifest(`ws://${address}:8080`)], '--network', NETWORK)
    await waitUntil(isFound, { timeoutMs: 60_000, what: 'the token to be discovered' }).catch(
      async (error: Error) => {
        throw new Error(`${error.message}\n${await podman('logs', REGISTRAR).catch(String)}`)
      },
    )
  })
  afterAll(async () => {
    await podman('pod', 'rm', '--force', POD).catch(ignored)
    await podman('rm', '--force', REGISTRY).catch(ignored)
    await podman('secret', 'rm', SECRET).catch(ignored)
    await podman('network', 'rm', '--force', NETWORK).catch(ignored)
  })

  it('runs as the manifest says: without rights, in the network of the puppet', async () => {
    const [of] = JSON.parse(await podman('inspect', REGISTRAR))
    expect(of.Config.User).toBe('65532:65532')
    expect(of.HostConfig.ReadonlyRootfs).toBe(true)
    expect(of.EffectiveCaps ?? []).toEqual([])
    const status = await podman('exec', REGISTRAR, 'cat', '/proc/1/status')
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(await podman('logs', REGISTRAR)).toContain('"puppet":"127.0.0.1:8788"')
  })

  it('the puppet is killed: withdrawn; it is back: discovered, by the same registrar', async () => {
    const started = await podman('inspect', '--format', '{{.State.StartedAt}}', REGISTRAR)
    await podman('kill', PUPPET)
    const goneMs = await timeUntil('the token to be withdrawn', isNotFound, 20_000)
    await podman('start', PUPPET)
    const backMs = await timeUntil('the token to be found', isFound, 20_000)
    tell(`pod: puppet killed, withdrawn after ${goneMs} ms; started again, found after ${backMs} ms`)
    expect(await podman('inspect', '--format', '{{.State.StartedAt}}', REGISTRAR)).toBe(started)
  })

  it('its preStop hook withdraws the token, and the end is exit 0', async () => {
    const { containers } = (await manifest('')).spec.template.spec
    const hooked = containers.find(({ name }) => name === 'registrar') as unknown as {
      readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } }
    }
    expect(await podman('exec', REGISTRAR, ...hooked.lifecycle.preStop.exec.command)).toBe(
      'drained: nothing is registered any more',
    )
    expect(await isFound()).toBe(false)
    expect(await podman('inspect', '--format', '{{.State.Status}}', REGISTRAR)).toBe('running')
    await podman('pod', 'stop', POD)
    expect(await podman('inspect', '--format', '{{.State.ExitCode}}', REGISTRAR)).toBe('0')
  })
})
