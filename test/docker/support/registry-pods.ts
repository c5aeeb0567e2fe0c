import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { makeTempDir } from '../../support/temp-dir.ts'
import { IMAGE } from './images.ts'
import {
  type Container,
  type DeploymentSpec,
  KUBERNETES,
  kustomize,
  ofKind,
  type PodSpec,
  type Probe,
} from './kubernetes.ts'
import { createSecret, play, podman } from './podman.ts'

/** What users make beside the overlay, by names of our own: what they have made must not be touched. */
export interface Beside {
  /** Podman's network. */
  readonly network: string
  /** In the place of the Secret `registry-nats`. */
  readonly secret: string
  /** Where the name in `REGISTRY_NATS_URL` leads. */
  readonly natsAddress: string
}

/** The rights that docs/registry.md has NATS give to registries, with a password. */
export function natsConfiguration(password: string): string {
  const text = readFileSync(join(KUBERNETES, '..', '..', 'docs', 'registry.md'), 'utf8')
  const [, rights = ''] = /```\n(authorization \{[\s\S]*?\n\})\n```/.exec(text) ?? []
  expect(rights).toMatch(/password: "\$2a\$11\$…"/)
  return rights.replace(/password: ".*"/, `password: "${password}"`)
}

interface RegistryPod {
  readonly spec: PodSpec
  readonly registry: Container
}
let built: RegistryPod | undefined

/** The pod that the overlay's Deployment makes. Built when it is first asked for, once. */
export function registryPod(): RegistryPod {
  built ??= buildPod()
  return built
}

function buildPod(): RegistryPod {
  const manifests = kustomize(join(KUBERNETES, 'overlays', 'registry-cluster'))
  const [deployment, ...more] = ofKind<DeploymentSpec>(manifests, 'Deployment')
  expect(more).toEqual([])
  const spec = deployment?.spec.template.spec
  const registry = spec?.containers[0]
  if (spec === undefined || registry === undefined) throw new Error('the overlay has no pod')
  expect(spec.containers).toHaveLength(1)
  return { spec, registry }
}

/** Makes the Secret: for variables as podman wants it, and for files as the kubelet would mount it. */
export async function createNatsSecret(
  { secret }: Beside,
  values: { readonly user: string; readonly password: string },
): Promise<void> {
  await createSecret(secret, values)
  await podman('volume', 'create', secret)
  const { spec } = registryPod()
  const mode = spec.volumes?.[0]?.secret?.defaultMode ?? 0o644
  const group = spec.securityContext?.fsGroup ?? 0
  const script = `cd /secret && printf %s "$PASSWORD" >password && chown 0:${group} password && chmod ${mode.toString(8)} password`
  const options = ['--rm', '--user', '0:0', '--entrypoint', 'sh', '--volume', `${secret}:/secret`]
  await podman('run', ...options, '--env', `PASSWORD=${values.password}`, IMAGE, '-c', script)
}

/** Plays the pod by a name, changed only where podman knows less than Kubernetes. */
export async function playRegistry(name: string, beside: Beside): Promise<void> {
  const { spec, registry } = registryPod()
  const nats = new URL(registry.env?.find((each) => each.name === 'REGISTRY_NATS_URL')?.value ?? '')
  const pod = {
    ...spec,
    hostAliases: [{ ip: beside.natsAddress, hostnames: [nats.hostname] }],
    // Podman 4.3 ends at a Secret as a volume, or mounts its base64; and it knows neither mode nor group of one.
    volumes: spec.volumes?.map(({ name, secret }) => {
      expect(secret?.secretName).toBe('registry-nats')
      return { name, persistentVolumeClaim: { claimName: beside.secret } }
    }),
    containers: [playable(registry, beside.secret)],
  }
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: pod }
  await play([manifest], '--network', beside.network)
}

function playable(container: Container, secret: string): unknown {
  // Podman would open ports on this machine, and run `curl` in the container as a probe: tests ask instead. What is requested is the
  // scheduler's business; where cgroups are of version 1, podman makes a soft limit of it, which Node.js takes for the limit.
  const { ports, startupProbe, livenessProbe, readinessProbe, resources, ...rest } = container
  const env = rest.env?.map((variable) => {
    const reference = variable.valueFrom?.secretKeyRef
    if (reference === undefined) return variable
    expect(reference.name).toBe('registry-nats')
    return { ...variable, valueFrom: { secretKeyRef: { ...reference, name: secret } } }
  })
  return { ...rest, env, resources: { limits: resources?.limits } }
}

/** Where a probe asks, at a pod's address. */
export function probeUrl(probe: Probe | undefined, address: string): string {
  const { path, port } = probe?.httpGet ?? {}
  if (path === undefined || typeof port !== 'number') throw new Error(`no httpGet: ${JSON.stringify(probe)}`)
  return `http://${address}:${port}${path}`
}

/** A container's address, or a pod's. */
export async function addressOf(name: string, network: string, kind: 'container' | 'pod'): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`
  const container =
    kind === 'pod' ? await podman('pod', 'inspect', '--format', '{{.InfraContainerID}}', name) : name
  return podman('inspect', '--format', format, container)
}

/** What the Service's name leads to. A Service spreads connections over all pods; this one leads to one, so that a test knows where. */
export class ServiceName {
  readonly #file = join(makeTempDir(), 'hosts')
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  /** Options for a container that is to know it. */
  get options(): readonly string[] {
    return ['--volume', `${this.#file}:/etc/hosts:ro,z`]
  }

  leadTo(address: string): void {
    // In one write, and of one length: nobody reads half of it. It stays the file that is mounted.
    const line = `${address.padEnd('255.255.255.255'.length)} ${this.#name}\n`
    writeFileSync(this.#file, `127.0.0.1 localhost\n${line}`, { flag: existsSync(this.#file) ? 'r+' : 'w' })
  }
}
