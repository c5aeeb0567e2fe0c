import {
  type Container,
  containersOf,
  type Handler,
  type PodSpec,
  type SecurityContext,
} from './kubernetes.ts'

/**
 * The restricted profile of Kubernetes' pod security standards, and the baseline that it includes, for pods of Linux. A
 * rule gives a sentence for whatever breaks it.
 */
type Rule = (pod: PodSpec) => readonly (string | false)[]

const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
])
const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
])
const PROFILES: readonly (string | undefined)[] = ['RuntimeDefault', 'Localhost']
const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']

const eachContainer =
  (rule: (container: Container, pod: PodSpec) => boolean): Rule =>
  (pod) =>
    containersOf(pod).map((container) => !rule(container, pod) && container.name)

/** Holds for the pod's security context and for each container's. */
const eachContext =
  (rule: (context: SecurityContext) => boolean): Rule =>
  (pod) => [
    !rule(pod.securityContext ?? {}) && 'the pod',
    ...containersOf(pod).map(({ name, securityContext }) => !rule(securityContext ?? {}) && name),
  ]

/** What holds for a container: its own setting, or else the pod's. */
const settingOf = <Key extends keyof SecurityContext>(
  key: Key,
  container: Container,
  pod: PodSpec,
): SecurityContext[Key] | undefined => container.securityContext?.[key] ?? pod.securityContext?.[key]

const handlersOf = ({ lifecycle, ...container }: Container): readonly Handler[] =>
  [
    container.startupProbe,
    container.livenessProbe,
    container.readinessProbe,
    lifecycle?.preStop,
    lifecycle?.postStart,
  ].filter((handler) => handler !== undefined)

export const RESTRICTED: Readonly<Record<string, Rule>> = {
  'shares no namespace of the host': (pod) => [
    pod.hostNetwork === true && 'hostNetwork',
    pod.hostPID === true && 'hostPID',
    pod.hostIPC === true && 'hostIPC',
  ],
  'is no host process': eachContext(({ windowsOptions }) => windowsOptions?.hostProcess !== true),
  'is not privileged': eachContext(({ privileged }) => privileged !== true),
  'takes no port of the host': eachContainer(({ ports = [] }) => ports.every(({ hostPort }) => !hostPort)),
  'probes no other host': eachContainer((container) =>
    handlersOf(container).every(({ httpGet, tcpSocket }) => !httpGet?.host && !tcpSocket?.host),
  ),
  'keeps AppArmor on': eachContext(
    ({ appArmorProfile }) => appArmorProfile === undefined || PROFILES.includes(appArmorProfile.type),
  ),
  'keeps SELinux as it is': eachContext(
    ({ seLinuxOptions = {} }) =>
      SELINUX_TYPES.includes(seLinuxOptions.type ?? '') && !seLinuxOptions.user && !seLinuxOptions.role,
  ),
  'masks /proc': eachContext(({ procMount = 'Default' }) => procMount === 'Default'),
  'sets safe sysctls only': eachContext(({ sysctls = [] }) =>
    sysctls.every(({ name }) => SAFE_SYSCTLS.has(name)),
  ),
  'mounts allowed kinds of volumes only': ({ volumes = [] }) =>
    volumes.map(({ name, ...kinds }) => !Object.keys(kinds).every((kind) => VOLUMES.has(kind)) && name),
  'cannot gain privileges': eachContainer(
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false,
  ),
  'does not run as root': eachContainer(
    (container, pod) => settingOf('runAsNonRoot', container, pod) === true,
  ),
  'has no uid 0': eachContext(({ runAsUser }) => runAsUser !== 0),
  'has a seccomp profile': eachContainer((container, pod) =>
    PROFILES.includes(settingOf('seccompProfile', container, pod)?.type),
  ),
  'drops all capabilities': eachContainer(
    ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') === true,
  ),
  'adds no capability': eachContainer(
    ({ securityContext }) =>
      securityContext?.capabilities?.add?.every((name) => name === 'NET_BIND_SERVICE') ?? true,
  ),
}

/** What of a pod breaks the restricted profile, in words. */
export function restrictedViolations(pod: PodSpec): readonly string[] {
  return Object.entries(RESTRICTED).flatMap(([rule, broken]) =>
    broken(pod)
      .filter((place) => place !== false)
      .map((place) => `"${rule}" is broken by ${place}`),
  )
}
