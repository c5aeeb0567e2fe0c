import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'

/** What of Kubernetes' objects is looked at here. Written down from its API reference; what is missing is not looked at. */

export type Labels = Readonly<Record<string, string>>

export interface Manifest<Spec = unknown> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  readonly spec: Spec
}

export interface Selector {
  readonly matchLabels?: Labels
}

export interface Handler {
  readonly exec?: { readonly command: readonly string[] }
  readonly httpGet?: { readonly path: string; readonly port: number | string; readonly host?: string }
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string }
  readonly sleep?: { readonly seconds: number }
}

export interface Probe extends Handler {
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly failureThreshold?: number
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly secretKeyRef?: { readonly name: string; readonly key: string }
  }
}

type Quantities = Readonly<Partial<Record<'cpu' | 'memory', string>>>

export interface SecurityContext {
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly fsGroup?: number
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly procMount?: string
  readonly seccompProfile?: { readonly type: string }
  readonly appArmorProfile?: { readonly type: string }
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string }
  readonly sysctls?: readonly { readonly name: string }[]
  readonly windowsOptions?: { readonly hostProcess?: boolean }
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly imagePullPolicy?: string
  readonly args?: readonly string[]
  readonly restartPolicy?: string
  readonly env?: readonly EnvVar[]
  readonly ports?: readonly { name?: string; containerPort: number; hostPort?: number }[]
  readonly volumeMounts?: readonly { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[]
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly lifecycle?: { readonly preStop?: Handler; readonly postStart?: Handler }
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities }
  readonly securityContext?: SecurityContext
}

export interface Volume {
  readonly name: string
  readonly secret?: { readonly secretName: string; readonly defaultMode?: number }
  readonly [kind: string]: unknown
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly securityContext?: SecurityContext
  readonly automountServiceAccountToken?: boolean
  readonly enableServiceLinks?: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly affinity?: {
    readonly podAntiAffinity: {
      readonly preferredDuringSchedulingIgnoredDuringExecution: readonly {
        readonly podAffinityTerm: { readonly topologyKey: string; readonly labelSelector: Selector }
      }[]
    }
  }
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
}

export interface DeploymentSpec {
  readonly replicas: number
  readonly strategy: { readonly type: string }
  readonly selector: Selector
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
}

export interface ServiceSpec {
  readonly selector: Labels
  readonly ports: readonly { name: string; port: number; targetPort: number | string }[]
}

export interface IngressSpec {
  readonly ingressClassName?: string
  readonly tls: readonly { readonly hosts: readonly string[]; readonly secretName: string }[]
  readonly rules: readonly {
    readonly host: string
    readonly http: {
      readonly paths: readonly {
        readonly path: string
        readonly pathType: string
        readonly backend: { readonly service: { readonly name: string; readonly port: { number: number } } }
      }[]
    }
  }[]
}

export interface NetworkPolicySpec {
  readonly podSelector: Selector
  readonly policyTypes: readonly string[]
  readonly ingress: readonly {
    readonly from?: readonly { readonly namespaceSelector?: Selector; readonly podSelector?: Selector }[]
    readonly ports: readonly { readonly port: number | string; readonly protocol: string }[]
  }[]
}

export interface DisruptionBudgetSpec {
  readonly maxUnavailable: number
  readonly selector: Selector
}

export interface PodMonitorSpec {
  readonly selector: Selector
  readonly podMetricsEndpoints: readonly { readonly port: string; readonly path: string }[]
}

/** The folder of the manifests. */
export const KUBERNETES = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  '..',
  'docker',
  'kubernetes',
)

/** Names of folders in a folder of the manifests. */
export function foldersIn(folder: string): readonly string[] {
  const entries = readdirSync(join(KUBERNETES, folder), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** The objects that `kubectl kustomize` makes of a folder. A warning is an error. */
export function kustomize(folder: string): readonly Manifest[] {
  const { error, status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
  const needed = "these tests need kubectl 1.22 or later; Debian 12's kubernetes-client is 1.20"
  if (error !== undefined) throw new Error(`kubectl cannot be run (${error.message}): ${needed}`)
  if (status !== 0 || stderr !== '')
    throw new Error(`kubectl kustomize ${folder}: ${stderr.trim()} (${needed})`)
  return parseAllDocuments(stdout).map((document) => {
    if (document.errors.length > 0) throw new Error(`${folder}: ${document.errors}`)
    return document.toJS() as Manifest
  })
}

/** All objects of a kind. */
export function ofKind<Spec>(manifests: readonly Manifest[], kind: string): readonly Manifest<Spec>[] {
  return manifests.filter((manifest) => manifest.kind === kind) as readonly Manifest<Spec>[]
}

/** Every container of a pod, whatever it is called there. */
export function containersOf(pod: PodSpec): readonly Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers]
}

/** Whether a selector means what has these labels. An empty one means all. */
export function selects(selector: Selector, labels: Labels): boolean {
  const beyond = Object.keys(selector).filter((key) => key !== 'matchLabels')
  if (beyond.length > 0) throw new Error(`no selector with ${beyond} is understood here`)
  return Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels[name] === value)
}

/** `64Mi` in bytes, `10m` in cores. */
export function quantity(text: string | undefined): number {
  const [, digits, unit = ''] = /^(\d+)(Ki|Mi|Gi|m)?$/.exec(text ?? '') ?? []
  const factor = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, m: 0.001 }[unit]
  if (digits === undefined || factor === undefined) throw new Error(`${text} is no quantity`)
  return Number(digits) * factor
}
