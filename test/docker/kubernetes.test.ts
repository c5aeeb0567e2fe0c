import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/command-table.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { readRegistryConfig } from '../../src/config/registry-config.ts'
import { readConfig } from '../../src/config/sidecar-config.ts'
import type { Variable } from '../../src/config/variable.ts'
import { REGISTRY_VARIABLES, SIDECAR_VARIABLES } from '../../src/config/variables.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import {
  type Container,
  containersOf,
  type Handler,
  type Probe,
  quantity,
  selects,
} from './support/kubernetes.ts'
import { environmentOf } from './support/kubernetes-environment.ts'
import { restrictedViolations } from './support/kubernetes-restricted.ts'
import { FOLDERS, type Placed, placed, podsOf, TARGETS, type Target } from './support/kubernetes-targets.ts'

/** Where the registrar is a container like any other. */
const PLAIN = new Set(['overlays/plain-container', 'overlays/podman', 'all components at once'])
/** Where the pod is as ready as the registry. */
const GATED = new Set(['overlays/registry-readiness', 'the example of the README', 'all components at once'])
/** Where there is a registry of one's own. */
const HOSTED = new Set([
  'registry',
  'overlays/own-registry',
  'overlays/monitoring',
  'overlays/registry-cluster',
  'all components at once',
])
/** Where that is one of several. */
const CLUSTERED = new Set(['overlays/registry-cluster', 'all components at once'])
/** Where there is no puppet. */
const ALONE = new Set(['registry', 'overlays/registry-cluster'])
/** Where something else than the pod's address is advertised. */
const ADVERTISED: Readonly<Record<string, string>> = {
  'overlays/podman': '',
  'overlays/service-name': 'puppet.bots.svc',
  'all components at once': 'puppet.bots.svc',
}
const SECOND = 1000
const MIB = 2 ** 20
/** Measured: see docs/performance.md, "resident memory". A node that runs `drain` beside another one takes 50 MiB. */
const SECOND_NODE = 50 * MIB
const HOURS_OLD = 64.1 * MIB
const TOKENS_10_000 = 116.9 * MIB
const REGISTRY_ALONE = 51.2 * MIB
const REGISTRANT = 10.3 * 1024
/** What may come to that in a cluster. */
const REGISTRANT_IN_CLUSTER = 4 * 1024

const registrarsOf = (target: Target): readonly Placed[] => placed('registrar', target)
const registriesOf = (target: Target): readonly Placed[] => placed('registry', target)
const nameOf = ({ name }: { name: string }): string => name

/** What the image's entry point is given. */
const commandOf = (handler: Handler | undefined): readonly string[] => {
  const [node, bundle, ...words] = handler?.exec?.command ?? []
  expect([node, bundle]).toEqual(['node', '/app/main.js'])
  expect(Object.keys(COMMANDS)).toContain(words[0])
  return words
}

/** Path and port that a probe asks. A port's name is one of the container's; `healthcheck --live` asks /livez. */
function askedBy(probe: Probe | undefined, { ports = [] }: Container): { path?: string; port?: number } {
  if (probe?.exec !== undefined) {
    expect(commandOf(probe)).toEqual(['healthcheck', '--live'])
    return { path: '/livez', port: 9788 }
  }
  const { path, port } = probe?.httpGet ?? {}
  const number = typeof port === 'string' ? ports.find(({ name }) => name === port)?.containerPort : port
  return { ...(path && { path }), ...(number && { port: number }) }
}

/** Reads it as the sidecar does. The base has no token, and is told one. */
const sidecarConfigOf = async ({ name }: Target, { container }: Placed) => {
  const missing = name === 'base' ? { WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_6f0d1c52-8a44' } : {}
  return readConfig({ ...missing, ...environmentOf(container) })
}

afterAll(removeTempDirs)

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (name, target) => {
  it('builds, and has the programs in it that it is for', () => {
    expect(registrarsOf(target)).toHaveLength(ALONE.has(name) ? 0 : 1)
    expect(registriesOf(target)).toHaveLength(HOSTED.has(name) ? 1 : 0)
  })

  it('advertises what it is meant to, where it is meant to', async () => {
    for (const placed of registrarsOf(target)) {
      const { advertise, registry } = (await sidecarConfigOf(target, placed)).config
      expect(advertise.host).toBe(ADVERTISED[name] ?? '10.244.1.7')
      expect(registry.url.host).toBe(HOSTED.has(name) ? 'puppet-registry:8080' : 'api.chatie.io')
    }
  })

  it(`has the registrar as a ${PLAIN.has(name) ? 'plain container' : 'native sidecar'}`, () => {
    for (const { container, pod } of registrarsOf(target)) {
      const group = PLAIN.has(name) ? pod.spec.containers : pod.spec.initContainers
      expect(group?.map(nameOf)).toContain('registrar')
      expect(containersOf(pod.spec).filter(({ name }) => name === 'registrar')).toHaveLength(1)
      expect(container.restartPolicy).toBe(PLAIN.has(name) ? undefined : 'Always')
      expect(pod.spec.containers.map(nameOf)).toContain('puppet')
    }
  })

  it('asks at the start and later whether the process lives, not more', () => {
    for (const { container } of registrarsOf(target)) {
      const livez = { path: '/livez', port: 9788 }
      expect(askedBy(container.startupProbe, container)).toEqual(livez)
      expect(askedBy(container.livenessProbe, container)).toEqual(livez)
    }
    for (const { container } of registriesOf(target)) {
      const livez = { path: '/livez', port: 9789 }
      expect(askedBy(container.startupProbe, container)).toEqual(livez)
      expect(askedBy(container.livenessProbe, container)).toEqual(livez)
      expect(askedBy(container.readinessProbe, container)).toEqual({ path: '/readyz', port: 9789 })
    }
  })

  it(`is ${GATED.has(name) ? '' : 'not '}as ready as the registry`, () => {
    for (const { container } of registrarsOf(target)) {
      const asked = askedBy(container.readinessProbe, container)
      if (GATED.has(name)) expect(asked).toEqual({ path: '/readyz', port: 9788 })
      else expect(container.readinessProbe).toBeUndefined()
    }
  })

  it('withdraws while the puppet still answers, and has time for it', async () => {
    for (const placed of registrarsOf(target)) {
      const { container, pod } = placed
      expect(commandOf(container.lifecycle?.preStop)).toEqual(['drain'])
      const { drainTimeoutMs } = (await sidecarConfigOf(target, placed)).config
      const preStop = pod.spec.containers.find(({ name }) => name === 'puppet')?.lifecycle?.preStop
      const [program, seconds] = preStop?.exec?.command ?? ['sleep', preStop?.sleep?.seconds]
      expect(Object.keys(preStop ?? {})).toHaveLength(1)
      expect(program).toBe('sleep')
      expect(Number(seconds) * SECOND).toBeGreaterThanOrEqual(drainTimeoutMs)
      // Room for a puppet that takes its time, too.
      const grace = (pod.spec.terminationGracePeriodSeconds ?? 0) * SECOND
      expect(grace).toBeGreaterThanOrEqual(Number(seconds) * SECOND + drainTimeoutMs + 10 * SECOND)
    }
  })

  it('is never there twice, but for a registry of several, and not cut off while it drains', async () => {
    for (const { name: of, deployment } of podsOf(target)) {
      const isCluster = CLUSTERED.has(name) && of === 'puppet-registry'
      // An old one goes when a new one is ready.
      const rollingUpdate = { maxUnavailable: 0, maxSurge: 1 }
      const strategy = isCluster ? { type: 'RollingUpdate', rollingUpdate } : { type: 'Recreate' }
      expect(deployment).toMatchObject({ replicas: isCluster ? 3 : 1, strategy })
    }
    for (const { container, pod } of registriesOf(target)) {
      const { drainMs } = (await readRegistryConfig(environmentOf(container))).config
      const preStopMs = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) * SECOND
      const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 0) * SECOND
      expect(graceMs).toBeGreaterThan(preStopMs + drainMs + (CLUSTERED.has(name) ? 10 : 1) * SECOND)
    }
  })

  it(`has ${CLUSTERED.has(name) ? 'registries that meet on NATS, on machines of their own' : 'no cluster'}`, async () => {
    for (const { container, pod } of registriesOf(target)) {
      const { cluster } = (await readRegistryConfig(environmentOf(container))).config
      if (!CLUSTERED.has(name)) expect(cluster).toBeUndefined()
      else
        expect(cluster).toMatchObject({ servers: ['nats://nats.nats.svc:4222'], auth: { kind: 'password' } })
      const apart = pod.spec.affinity?.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
      expect(apart).toHaveLength(CLUSTERED.has(name) ? 1 : 0)
      for (const { podAffinityTerm } of apart) {
        expect(podAffinityTerm.topologyKey).toBe('kubernetes.io/hostname')
        expect(selects(podAffinityTerm.labelSelector, pod.labels)).toBe(true)
      }
    }
  })

  it('keeps the restricted profile, and writes nothing', () => {
    for (const { spec } of podsOf(target)) {
      expect(restrictedViolations(spec)).toEqual([])
      expect(spec.securityContext).toMatchObject({ runAsUser: 65532, runAsGroup: 65532 })
      expect(spec.automountServiceAccountToken).toBe(false)
      expect(spec.enableServiceLinks).toBe(false)
      for (const { securityContext } of containersOf(spec)) {
        expect(securityContext?.readOnlyRootFilesystem).toBe(true)
      }
    }
  })

  it('asks for CPU and memory, and limits memory only', () => {
    for (const { resources } of podsOf(target).flatMap(({ spec }) => containersOf(spec))) {
      expect(quantity(resources?.requests?.cpu)).toBeGreaterThan(0)
      expect(Object.keys(resources?.limits ?? {})).toEqual(['memory'])
      expect(quantity(resources?.requests?.memory)).toBeLessThanOrEqual(quantity(resources?.limits?.memory))
    }
  })

  it('has the memory that was measured', async () => {
    for (const { container } of registrarsOf(target)) {
      const file = container.env?.some(({ name }) => name === 'WECHATY_PUPPET_SERVICE_TOKEN_FILE')
      const most = (file ? TOKENS_10_000 : HOURS_OLD) + SECOND_NODE
      expect(quantity(container.resources?.limits?.memory)).toBeGreaterThan(most)
      expect(quantity(container.resources?.requests?.memory)).toBeGreaterThanOrEqual(most - SECOND_NODE - MIB)
    }
    for (const { container } of registriesOf(target)) {
      const { limits } = (await readRegistryConfig(environmentOf(container))).config
      const each = REGISTRANT + (CLUSTERED.has(name) ? REGISTRANT_IN_CLUSTER : 0)
      const most = REGISTRY_ALONE + limits.registrants * each
      expect(quantity(container.resources?.limits?.memory)).toBeGreaterThan(1.3 * most)
    }
  })

  it('takes its images from this version, and from the node if they are there', () => {
    for (const { image, imagePullPolicy } of podsOf(target).flatMap(({ spec }) => containersOf(spec))) {
      expect(image).toMatch(
        /^(puppet-(registrar|stand-in):0\.1\.0|wechaty\/wechaty:1\.20|registry\.example\.com\/.*:1\.2)$/,
      )
      expect(imagePullPolicy).toBe('IfNotPresent')
    }
  })

  it('sets variables that there are, to values that are taken without a warning', async () => {
    const knows = (variables: readonly Variable[], { env = [] }: Container): void => {
      const known = variables.flatMap(({ name, alias = name }) => [name, alias])
      const ours = env.map(nameOf).filter((name) => /^(REGISTRAR|REGISTRY|WECHATY|LOG)_/.test(name))
      expect(known).toEqual(expect.arrayContaining(ours))
    }
    for (const placed of registrarsOf(target)) {
      knows(SIDECAR_VARIABLES, placed.container)
      expect(placed.container.args ?? ['run']).toEqual(['run'])
      const { warnings } = await sidecarConfigOf(target, placed)
      // Of one thing it rightly warns: a Service's name is for clients in the cluster, and here the registry is the public one.
      expect(warnings.filter(({ code }) => code !== 'ADVERTISE_LOCAL_NAME')).toEqual([])
    }
    for (const { container } of registriesOf(target)) {
      knows(REGISTRY_VARIABLES, container)
      expect(container.args).toEqual(['registry'])
      expect((await readRegistryConfig(environmentOf(container))).warnings).toEqual([])
    }
  })

  it('listens where it is looked for', async () => {
    const portOf = ({ ports = [] }: Container, name: string) =>
      ports.find((port) => port.name === name)?.containerPort
    for (const placed of registrarsOf(target)) {
      const { admin, puppet, advertise } = (await sidecarConfigOf(target, placed)).config
      expect(admin).toMatchObject({ host: '0.0.0.0', port: portOf(placed.container, 'admin') })
      const other = placed.pod.spec.containers.find(({ name }) => name === 'puppet')
      expect(portOf(other as Container, 'grpc')).toBe(puppet.port)
      expect(environmentOf(other as Container)).toMatchObject({
        WECHATY_PUPPET_SERVER_PORT: `${puppet.port}`,
      })
      expect(advertise).toMatchObject({ port: puppet.port })
    }
    for (const { container } of registriesOf(target)) {
      const { admin, listen, trustedProxies } = (await readRegistryConfig(environmentOf(container))).config
      expect(admin).toMatchObject({ host: '0.0.0.0', port: portOf(container, 'admin') })
      expect(listen).toMatchObject([{ host: '0.0.0.0', port: portOf(container, 'http') }])
      expect(trustedProxies).toBeDefined()
    }
  })
})

describe('the base', () => {
  it('lacks a token and nothing else', async () => {
    const base = FOLDERS.find(({ name }) => name === 'base') as Target
    for (const { container } of registrarsOf(base)) {
      let found: unknown
      try {
        await readConfig(environmentOf(container))
      } catch (error) {
        found = error
      }
      expect(found).toBeInstanceOf(ConfigError)
      expect((found as ConfigError).problems.map(({ variable }) => variable)).toEqual([
        'WECHATY_PUPPET_SERVICE_TOKEN',
      ])
    }
  })
})
