import { hostPort } from '../net/host-port.ts'
import { listeningPorts } from '../net/listening-ports.ts'
import { DOCTOR_REMEDIES, type DoctorTrouble } from './doctor-trouble.ts'
import type { Finding, Step } from './finding.ts'
import { askStatus, hostToAsk, type SidecarStatus } from './sidecar-status.ts'
import type { DoctorInput, Walk } from './walk.ts'

const step = 'sidecar'

/** Whether a sidecar with this environment runs here, and what it says of itself. The other steps do not need it. */
export const walkSidecar: Walk = async ({ config, clock }, report) => {
  if (config === undefined) return
  for (const finding of await sidecarFindings(config, clock)) report(finding)
}

async function sidecarFindings(
  config: NonNullable<DoctorInput['config']>,
  clock: DoctorInput['clock'],
): Promise<readonly Finding[]> {
  const { port } = config.admin
  if (port === 0)
    return [{ step, status: 'skipped', seen: 'REGISTRAR_ADMIN_PORT is 0: there is nothing to ask' }]
  const host = hostToAsk(config.admin)
  const where = hostPort({ host, port })
  const answer = await askStatus({ host, port }, clock)
  if (answer.kind === 'sidecar') return statusFindings(answer.status, config)
  if (answer.kind === 'none') {
    const seen = `none runs here: nothing listens on ${where} (${answer.why})`
    return [{ step, status: 'skipped', code: 'SIDECAR_ABSENT', seen }]
  }
  const seen = `what listens on ${where} is no sidecar: it ${answer.why}`
  if (answer.kind === 'silent') return [failed('SIDECAR_SILENT', seen)]
  const words = 'give the endpoints of the sidecar another port, on which nobody listens'
  const type = `REGISTRAR_ADMIN_PORT=${freePortAfter(port)}`
  return [{ step, status: 'fail', code: 'PORT_TAKEN', seen, remedy: { words, type } }]
}

function failed(code: DoctorTrouble, seen: string): Finding {
  return { step, status: 'fail', code, seen, remedy: { words: DOCTOR_REMEDIES[code] } }
}

function freePortAfter(port: number): number {
  const taken = new Set(listeningPorts().map((one) => one.port))
  const after = Array.from({ length: 100 }, (_, index) => port + 1 + index)
  return after.find((one) => one < 65536 && !taken.has(one)) ?? 9788
}

/** The steps that fail where no sidecar runs. */
const OF_SIDECAR: ReadonlySet<Step> = new Set(['registration', 'discovery', 'published port'])

/** Where all is well but that nobody can be found with the token, and no sidecar runs, that is the cause. */
export function withSidecarAsCause(findings: readonly Finding[]): readonly Finding[] {
  const fails = findings.filter(({ status }) => status === 'fail')
  const isCause =
    fails.some((one) => one.step === 'registration') && fails.every((one) => OF_SIDECAR.has(one.step))
  if (!isCause) return findings
  return findings.map((finding) =>
    finding.step === step && finding.code === 'SIDECAR_ABSENT'
      ? failed('SIDECAR_ABSENT', finding.seen)
      : finding,
  )
}

/** What a running sidecar's status says, in the light of the configuration that the doctor has. */
export function statusFindings(
  status: SidecarStatus,
  { puppet, registry }: Pick<NonNullable<DoctorInput['config']>, 'puppet' | 'registry'>,
): readonly Finding[] {
  const { registered, total } = status.registrations
  const seen = `version ${status.version} has run for ${durationOf(status.uptimeSeconds)}: the puppet is ${status.puppet.state}, ${registered} of ${total} ${total === 1 ? 'token' : 'tokens'} registered`
  const first: Finding = { step, status: 'ok', seen }
  const problems = status.problems.map(
    ({ code, message, remedy }): Finding => ({
      step,
      status: HIDDEN.has(code) ? 'fail' : 'warn',
      code,
      seen: `it says: ${message}`,
      remedy: { words: remedy },
    }),
  )
  return [first, ...differences(status, puppet, registry.url.href), ...drained(status), ...problems]
}

/** What no other step can see. */
const HIDDEN: ReadonlySet<string> = new Set(['PUPPET_FLAPPING'])

function drained({ draining }: SidecarStatus): readonly Finding[] {
  if (!draining) return []
  const seen =
    'it has withdrawn every token, because it was told to (drain), and registers none until it is restarted'
  return [failed('SIDECAR_DRAINED', seen)]
}

/** A doctor that was given another environment than the sidecar looks at the wrong things. */
function differences(
  { puppet, registry }: SidecarStatus,
  own: Pick<SidecarStatus['puppet'], 'host' | 'port'>,
  url: string,
): readonly Finding[] {
  const theirs = hostPort(puppet)
  const other = [
    ...(theirs === hostPort(own) ? [] : [`the puppet at ${theirs}`]),
    ...(registry.url === url ? [] : [`the registry ${registry.url}`]),
  ]
  if (other.length === 0) return []
  const seen = `it has another configuration than this doctor: ${other.join(', ')}`
  return [{ ...failed('SIDECAR_DIFFERS', seen), status: 'warn' }]
}

function durationOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}
