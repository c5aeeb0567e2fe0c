import { deadline, pause } from '../../lib/clock.ts'
import { Dialer } from '../../net/dialer.ts'
import { hostPort } from '../../net/host-port.ts'
import { NameResolver } from '../../net/name-resolver.ts'
import type { FailedProbe, ProbeResult } from '../../sidecar/events.ts'
import { createProbe } from '../../sidecar/probe/create-probe.ts'
import { failedProbe, type Probe, resultOfConnectError } from '../../sidecar/probe/probe.ts'
import type { PuppetTrouble } from '../../sidecar/puppet-trouble.ts'
import { serverNamesOf } from '../../tokens/server-name.ts'
import type { Finding } from '../finding.ts'
import { lookAround } from '../machine/machine.ts'
import type { Walk } from '../walk.ts'
import { answerFindings, isBefore, STEP_OF } from './answer-findings.ts'
import type { PuppetWalkInput } from './elsewhere.ts'
import { explainNoName, explainNoPort, explainOtherPlace } from './explain.ts'
import { puppetRemedy } from './remedies.ts'
import { tokenFinding } from './token-finding.ts'

type Report = (finding: Finding) => void

/** The port may be another program's. */
const OTHERS_PORT: ReadonlySet<PuppetTrouble> = new Set(['PUPPET_NOT_GRPC', 'PUPPET_WITHOUT_VERSION'])

/** Goes along the way to the puppet as the sidecar's probe does, and says where it ends. */
export const walkPuppet: Walk = async ({ clock, config, env }, report) => {
  if (config === undefined) return
  await examinePuppet(
    { clock, config, resolver: new NameResolver({ clock }), machine: lookAround(env) },
    report,
  )
}

export async function examinePuppet(input: PuppetWalkInput, report: Report): Promise<void> {
  const addresses = await findAddresses(input, report)
  if (addresses === undefined || !(await connects(input, addresses, report))) return
  await asksPuppet(input, report)
}

async function findAddresses(input: PuppetWalkInput, report: Report): Promise<readonly string[] | undefined> {
  const { config, resolver } = input
  const { host } = config.puppet
  try {
    const addresses = await resolver.addresses(host, config.probe.timeoutMs)
    const seen =
      addresses[0] === host ? `${host} is an address` : `${host} is ${addresses.slice(0, 4).join(', ')}`
    report({ step: 'puppet name', status: 'ok', seen })
    return addresses
  } catch (error) {
    const failed = resultOfConnectError(error as NodeJS.ErrnoException, config.puppet)
    const explained = await explainNoName(input, failed)
    report({ step: STEP_OF[failed.code], status: 'fail', ...explained })
    return undefined
  }
}

/** Whether the port accepts a connection. */
async function connects(
  input: PuppetWalkInput,
  addresses: readonly string[],
  report: Report,
): Promise<boolean> {
  const { clock, config, resolver } = input
  const { host, port } = config.puppet
  const { timeoutMs } = config.probe
  const limit = deadline(clock, timeoutMs)
  try {
    const socket = await new Dialer({ host, port, clock, resolver, timeoutMs }).dial(limit.signal)
    socket.destroy()
    report({ step: 'puppet port', status: 'ok', seen: `${hostPort({ host, port })} accepts connections` })
    return true
  } catch (error) {
    const failed = limit.signal.aborted
      ? failedProbe('PUPPET_SILENT', `no connection to ${hostPort({ host, port })} in ${timeoutMs / 1000} s`)
      : resultOfConnectError(error as NodeJS.ErrnoException, { host, port })
    const explained = await explainNoPort(input, failed, addresses)
    report({ step: 'puppet port', status: 'fail', ...explained })
    return false
  } finally {
    limit.release()
  }
}

async function asksPuppet(input: PuppetWalkInput, report: Report): Promise<void> {
  const { config } = input
  // Where the sidecar looks at TCP only, clients still need all that is behind it.
  const kind = config.probe.kind === 'tcp' ? 'grpc' : config.probe.kind
  const probe = createProbe({
    ...input,
    config: { ...config, probe: { ...config.probe, kind } },
    serverNames: () => serverNamesOf(config.tokens),
    token: () => config.tokens[0],
    sessionClosed: () => {},
  })
  try {
    const result = await probeTwice(probe, input)
    if (!result.ok) return await reportFailure(input, result, report)
    for (const finding of answerFindings(result, probe.certificate)) {
      report(finding.code === 'PUPPET_WITHOUT_VERSION' ? await orOtherPlace(input, finding) : finding)
    }
    const ofToken = await tokenFinding(input, probe)
    report(ofToken.status === 'fail' ? await orOtherPlace(input, ofToken) : ofToken)
  } finally {
    probe.close()
  }
}

/** What answers may be another puppet than the token's, or none: then that fails, and the right one is shown. */
async function orOtherPlace(input: PuppetWalkInput, finding: Finding): Promise<Finding> {
  const code = finding.code as PuppetTrouble
  const place = await explainOtherPlace(input, failedProbe(code, finding.seen))
  return place?.remedy.type === undefined ? finding : { ...finding, status: 'fail', ...place }
}

/** The sidecar believes no single failure either; silence is the exception. */
async function probeTwice(probe: Probe, { clock, config }: PuppetWalkInput): Promise<ProbeResult> {
  const { fastIntervalMs, timeoutMs } = config.probe
  const once = async (): Promise<ProbeResult> => {
    const limit = deadline(clock, timeoutMs)
    const result = await probe.probe(limit.signal)
    limit.release()
    return limit.signal.aborted ? failedProbe('PUPPET_SILENT', `no answer in ${timeoutMs / 1000} s`) : result
  }
  const first = await once()
  if (first.ok || first.code === 'PUPPET_SILENT') return first
  await pause(clock, fastIntervalMs, new AbortController().signal)
  return once()
}

async function reportFailure(input: PuppetWalkInput, result: FailedProbe, report: Report): Promise<void> {
  const { code, reason } = result
  const step = STEP_OF[code]
  if (isBefore('puppet gRPC', step))
    report({ step: 'puppet gRPC', status: 'ok', seen: 'a gRPC server answers' })
  const elsewhere = OTHERS_PORT.has(code) ? await explainOtherPlace(input, result) : undefined
  const explained = elsewhere ?? { code, seen: reason, remedy: puppetRemedy(code) }
  report({ step, status: input.config.probe.kind === 'tcp' ? 'warn' : 'fail', ...explained })
}
