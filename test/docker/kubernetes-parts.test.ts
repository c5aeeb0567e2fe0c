import { afterAll, describe, expect, it } from 'vitest'
import { removeTempDirs } from '../support/temp-dir.ts'
import {
  containersOf,
  type DeploymentSpec,
  type DisruptionBudgetSpec,
  foldersIn,
  type IngressSpec,
  type Manifest,
  type NetworkPolicySpec,
  ofKind,
  type PodMonitorSpec,
  type PodSpec,
  type ServiceSpec,
  selects,
} from './support/kubernetes.ts'
import { environmentOf } from './support/kubernetes-environment.ts'
import { type Pod, placed, podsOf, README, TARGETS, type Target } from './support/kubernetes-targets.ts'

/** Secrets that users make, as the README says, and what is in them if it matters. */
const MADE_BY_USERS: Readonly<Record<string, string | undefined>> = {
  'puppet-token': 'token',
  'puppet-tokens': undefined,
  'registry-tls': undefined,
  'registry-nats': 'user',
}
const METRICS_NAMESPACE = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
}

const servicesOf = (target: Target) => ofKind<ServiceSpec>(target.manifests(), 'Service')
const policiesOf = (target: Target) => ofKind<NetworkPolicySpec>(target.manifests(), 'NetworkPolicy')
const portsOf = ({ spec }: Pod) => containersOf(spec).flatMap(({ ports = [] }) => ports)
const byName = (name: string): Target => theOne(TARGETS.filter((target) => target.name === name))

function theOne<Thing>(things: readonly Thing[]): Thing {
  expect(things).toHaveLength(1)
  return things[0] as Thing
}

/** The port of a Service that a client is sent to. */
function servicePort(target: Target, name: string, port: number): Manifest<ServiceSpec> {
  const service = theOne(servicesOf(target).filter(({ metadata }) => metadata.name === name))
  expect(service.spec.ports.map((each) => each.port)).toContain(port)
  return service
}

afterAll(removeTempDirs)

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (name, target) => {
  it('has each object once, all that belong together, and only kinds that are looked at here', () => {
    const names = target.manifests().map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(new Set(names).size).toBe(names.length)
    const kinds = ['Deployment', 'Ingress', 'NetworkPolicy', 'PodDisruptionBudget', 'PodMonitor', 'Service']
    expect(kinds).toEqual(expect.arrayContaining(target.manifests().map(({ kind }) => kind)))
    const registries = placed('registry', target)
    expect(ofKind(target.manifests(), 'Ingress')).toHaveLength(registries.length)
    expect(servicesOf(target)).toHaveLength(podsOf(target).length)
    const watched = ['overlays/monitoring', 'all components at once'].includes(name)
    expect(ofKind(target.manifests(), 'PodMonitor')).toHaveLength(watched ? 1 : 0)
  })

  it('has Deployments that own their own pods alone', () => {
    for (const { name, deployment } of podsOf(target)) {
      expect(deployment.selector.matchLabels).toBeDefined()
      const owned = podsOf(target).filter(({ labels }) => selects(deployment.selector, labels))
      expect(owned.map((pod) => pod.name)).toEqual([name])
    }
  })

  it('has Services that lead to a port of one pod', () => {
    for (const { spec } of servicesOf(target)) {
      const pod = theOne(
        podsOf(target).filter(({ labels }) => selects({ matchLabels: spec.selector }, labels)),
      )
      // By name among `containers` only: Kubernetes before 1.32 does not find a native sidecar's there.
      const ports = pod.spec.containers.flatMap(({ ports = [] }) => ports)
      for (const { targetPort } of spec.ports) {
        theOne(ports.filter(({ name, containerPort }) => [name, containerPort].includes(targetPort as never)))
      }
    }
  })

  it('names Services that there are, in what it advertises and where it registers', () => {
    for (const { container } of placed('registrar', target)) {
      const env = environmentOf(container)
      const [, name] = /^([a-z-]+)\.bots\.svc$/.exec(env.REGISTRAR_ADVERTISE_HOST ?? '') ?? []
      if (name !== undefined) servicePort(target, name, Number(env.WECHATY_PUPPET_SERVER_PORT))
      const registry = env.REGISTRAR_REGISTRY_URL
      if (registry !== undefined)
        servicePort(target, new URL(registry).hostname, Number(new URL(registry).port))
    }
  })

  it('has Ingresses for WebSockets of tokens that stand in no log, in plain too', () => {
    for (const { metadata, spec } of ofKind<IngressSpec>(target.manifests(), 'Ingress')) {
      const { annotations } = metadata as { annotations?: Record<string, string> }
      const nginx = (name: string) => annotations?.[`nginx.ingress.kubernetes.io/${name}`]
      expect(spec.ingressClassName).toBe('nginx')
      expect(nginx('ssl-redirect')).toBe('false')
      expect(nginx('enable-access-log')).toBe('false')
      // The registry pings every 15 s.
      expect(Number(nginx('proxy-read-timeout'))).toBeGreaterThan(20)
      expect(Number(nginx('proxy-send-timeout'))).toBeGreaterThan(20)
      const { host, http } = theOne(spec.rules)
      expect(theOne(spec.tls).hosts).toEqual([host])
      const { path, pathType, backend } = theOne(http.paths)
      expect({ path, pathType }).toEqual({ path: '/v0/', pathType: 'Prefix' })
      servicePort(target, backend.service.name, backend.service.port.number)
    }
  })

  it('lets everybody it is for in to the port of each pod, and only metrics to its endpoints', () => {
    for (const pod of podsOf(target)) {
      const policy = theOne(
        policiesOf(target).filter(({ spec }) => selects(spec.podSelector, pod.labels)),
      ).spec
      expect(policy.policyTypes).toEqual(['Ingress'])
      const rules = policy.ingress.map(({ from, ports }) => ({ from, ...theOne(ports) }))
      // Numbers: not every network plugin finds the name of a native sidecar's port.
      expect(rules.map(({ port }) => port).sort()).toEqual(
        portsOf(pod)
          .map((each) => each.containerPort)
          .sort(),
      )
      const from = (name: string) => {
        const port = theOne(portsOf(pod).filter((each) => each.name === name)).containerPort
        return theOne(rules.filter((rule) => rule.port === port && rule.protocol === 'TCP')).from
      }
      expect(from('admin')).toEqual([METRICS_NAMESPACE])
      if (pod.spec.containers.some(({ name }) => name === 'puppet')) expect(from('grpc')).toBeUndefined()
      else expect(from('http')).toContainEqual({ podSelector: {} })
    }
  })

  it('has no NetworkPolicy that means nobody', () => {
    for (const { spec } of policiesOf(target)) {
      expect(podsOf(target).some(({ labels }) => selects(spec.podSelector, labels))).toBe(true)
    }
  })

  it('has nodes emptied one at a time, where there are several pods of one kind', () => {
    const budgets = ofKind<DisruptionBudgetSpec>(target.manifests(), 'PodDisruptionBudget')
    for (const { deployment, labels } of podsOf(target)) {
      const mine = budgets.filter(({ spec }) => selects(spec.selector, labels))
      if (deployment.replicas === 1) expect(mine).toEqual([])
      else expect(theOne(mine).spec.maxUnavailable).toBe(1)
    }
  })

  it('is watched, where it is, at a port that every pod has', () => {
    for (const { spec } of ofKind<PodMonitorSpec>(target.manifests(), 'PodMonitor')) {
      const watched = podsOf(target).filter(({ labels }) => selects(spec.selector, labels))
      expect(watched.map(({ name }) => name)).toEqual(podsOf(target).map(({ name }) => name))
      const { port, path } = theOne(spec.podMetricsEndpoints)
      expect(path).toBe('/metrics')
      for (const pod of watched) theOne(portsOf(pod).filter(({ name }) => name === port))
    }
  })

  it('takes Secrets that the README has its users make', () => {
    const { spec: ingress } = ofKind<IngressSpec>(target.manifests(), 'Ingress')[0] ?? {}
    const pods = podsOf(target)
    const keys = pods
      .flatMap(({ spec }) => containersOf(spec))
      .flatMap(({ env = [] }) => env)
      .flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])
    for (const { name, key } of keys) expect(MADE_BY_USERS[name]).toBe(key)
    const volumes = pods.flatMap(({ spec }) => spec.volumes ?? []).flatMap(({ secret }) => secret ?? [])
    const names = [
      ...keys.map(({ name }) => name),
      ...volumes.map(({ secretName }) => secretName),
      ...(ingress?.tls ?? []).map(({ secretName }) => secretName),
    ]
    expect(Object.keys(MADE_BY_USERS)).toEqual(expect.arrayContaining(names))
    for (const name of names) expect(README).toContain(`\`${name}\``)
  })

  it('mounts each volume it has, where its user may read it and sees it change', () => {
    for (const { spec } of podsOf(target)) {
      const mounts = containersOf(spec).flatMap(({ volumeMounts = [] }) => volumeMounts)
      const { volumes = [] } = spec
      expect([...new Set(mounts.map(({ name }) => name))].sort()).toEqual(
        volumes.map(({ name }) => name).sort(),
      )
      // What is no Secret is empty at first, and for everybody in the pod to write into.
      const secrets = volumes.filter(({ secret }) => secret !== undefined)
      const ofSecrets = mounts.filter(({ name }) => secrets.some((volume) => volume.name === name))
      for (const { secret } of secrets) expect(secret?.defaultMode).toBe(0o440)
      for (const { readOnly, subPath } of ofSecrets) expect({ readOnly, subPath }).toEqual({ readOnly: true })
      if (secrets.length > 0) expect(spec.securityContext?.fsGroup).toBe(spec.securityContext?.runAsUser)
    }
  })
})

describe('what podman plays', () => {
  const podman = byName('overlays/podman')
  const podOf = (target: Target): PodSpec => theOne(podsOf(target)).spec

  it('asks podman for nothing that it does not know', () => {
    const { container } = theOne(placed('registrar', podman))
    expect(container.env?.flatMap(({ valueFrom }) => valueFrom?.fieldRef ?? [])).toEqual([])
    for (const probe of [container.startupProbe, container.livenessProbe]) {
      expect(probe?.exec?.command).toEqual(['node', '/app/main.js', 'healthcheck', '--live'])
    }
  })

  it('is the plain container, but for its probes and its address', () => {
    const rest = (target: Target): unknown => {
      const containers = podOf(target).containers.map(
        ({ startupProbe, livenessProbe, env = [], ...same }) => {
          return { ...same, env: env.filter(({ name }) => name !== 'REGISTRAR_ADVERTISE_HOST') }
        },
      )
      containers.sort((one, other) => one.name.localeCompare(other.name))
      const deployments = ofKind<DeploymentSpec>(target.manifests(), 'Deployment')
      return { ...theOne(deployments).spec, template: { ...podOf(target), containers } }
    }
    expect(rest(podman)).toEqual(rest(byName('overlays/plain-container')))
  })
})

describe('the README', () => {
  it('names every overlay in its table, and no other', () => {
    const [, table = ''] = /## Overlays\n([\s\S]*?)\n##/.exec(README) ?? []
    const rows = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)
    expect(rows.sort()).toEqual([...foldersIn('overlays')].sort())
  })

  it('names folders that there are', () => {
    const named = [...README.matchAll(/(?:components|overlays)\/[\w-]+/g)]
    const folders = ['components', 'overlays'].flatMap((kind) =>
      foldersIn(kind).map((name) => `${kind}/${name}`),
    )
    expect(folders).toEqual(expect.arrayContaining(named.map(([folder]) => folder)))
  })
})
