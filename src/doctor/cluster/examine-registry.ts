import { ConfigError } from '../../config/config-error.ts'
import type { Env } from '../../config/environment.ts'
import { type ClusterConfig, secretsOfCluster } from '../../config/registry-cluster-config.ts'
import { type RegistryConfig, readRegistryConfig } from '../../config/registry-config.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Problem } from '../../lib/problem.ts'
import { findingOf } from '../configuration.ts'
import type { FindingStatus } from '../finding.ts'
import { doctorRedactor, fitForPrint } from '../fit-for-print.ts'
import { walkAll } from '../walk.ts'
import { clusterFindings } from './cluster-findings.ts'
import { lookAround } from './look.ts'
import type { NatsProbe } from './nats-probe.ts'
import { type SeenServer, serverFindings, versionFindings } from './servers.ts'
import { CLUSTER_STEPS, type ClusterStep, type Finding, type Report } from './steps.ts'

interface ReadConfiguration {
  /** Undefined where there are problems. */
  readonly config: RegistryConfig | undefined
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

interface Input extends ReadConfiguration {
  readonly env: Env
  readonly clock: Clock
}

/** Looks at everything between a registry, with this environment, and the others of its cluster. Changes nothing. Never rejects. */
export async function examineRegistry(env: Env, clock: Clock): Promise<readonly Finding[]> {
  const read = await readConfiguration(env)
  const redact = doctorRedactor(read.config?.list?.entries ?? [], secretsOfCluster(read.config?.cluster))
  const walks = [walkConfiguration, walkCluster]
  const findings = await walkAll<Input, ClusterStep>(walks, { ...read, env, clock }, CLUSTER_STEPS)
  return findings.map((finding) => fitForPrint(finding, redact))
}

async function readConfiguration(env: Env): Promise<ReadConfiguration> {
  try {
    return { ...(await readRegistryConfig(env)), problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: undefined, problems: error.problems, warnings: [] }
  }
}

async function walkConfiguration({ env, config, problems, warnings }: Input, report: Report): Promise<void> {
  const tell = (problem: Problem, status: FindingStatus): void =>
    report({ ...findingOf('configuration', problem, status, env), step: 'configuration' })
  for (const problem of problems) tell(problem, 'fail')
  for (const problem of warnings) tell(problem, 'warn')
  if (config === undefined || warnings.length > 0) return
  const { cluster } = config
  const seen =
    cluster === undefined
      ? 'can be used: this registry is alone'
      : `can be used: ${cluster.servers.join(', ')}, cluster ${cluster.prefix}`
  report({ step: 'configuration', status: 'ok', seen })
}

async function walkCluster({ config, clock }: Input, report: Report): Promise<void> {
  if (config === undefined) return
  const { cluster } = config
  if (cluster !== undefined) return walkServers(cluster, clock, report)
  for (const step of CLUSTER_STEPS)
    if (step !== 'configuration')
      report({ step, status: 'skipped', seen: 'REGISTRY_NATS_URL is not set: this registry is alone' })
}

async function walkServers(cluster: ClusterConfig, clock: Clock, report: Report): Promise<void> {
  const { NatsProbe } = await import('./nats-probe.ts')
  const access = { ...cluster, name: 'doctor' }
  const attempts = await Promise.all(
    cluster.servers.map(async (url) => {
      return [url, await NatsProbe.connect({ ...access, servers: [url] }, clock)] as const
    }),
  )
  const probes = new Map<string, NatsProbe>()
  for (const [url, probe] of attempts) if (typeof probe !== 'string') probes.set(url, probe)
  const seen = await lookAround(probes, cluster.prefix, clock)
  await Promise.all([...probes.values()].map((probe) => probe.close()))
  const silent = new Set(seen.filter(({ isSilent }) => isSilent).map(({ url }) => url))
  const servers = attempts.map(([url, probe]): SeenServer => {
    if (typeof probe === 'string') return { url, failure: probe, version: '' }
    return {
      url,
      version: probe.version,
      failure: silent.has(url) ? 'it does not answer any more' : undefined,
    }
  })
  const answering = seen.filter(({ isSilent }) => !isSilent)
  const findings = [
    ...serverFindings(servers),
    ...versionFindings(servers),
    ...(answering.length === 0 ? [] : clusterFindings(answering, cluster.prefix, clock.date())),
  ]
  for (const finding of findings) report(finding)
}
