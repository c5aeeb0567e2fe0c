import type { Finding } from './finding.ts'
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
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const answer = await askStatus({ host, port }, clock)
  if (answer.kind === 'none')
    return [{ step, status: 'skipped', seen: `none runs here: nothing listens on ${where} (${answer.why})` }]
  if (answer.kind === 'other') {
    const words = `if a sidecar is to run here, give its endpoints another port`
    const type = `REGISTRAR_ADMIN_PORT=${port === 65535 ? port - 1 : port + 1}`
    const seen = `what listens on ${where} is no sidecar: it ${answer.why}`
    return [{ step, status: 'warn', seen, remedy: { words, type } }]
  }
  return statusFindings(answer.status, config)
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
  return [{ step, status: 'fail', seen, remedy: { words: 'restart it', type: 'docker restart registrar' } }]
}

/** A doctor that was given another environment than the sidecar looks at the wrong things. */
function differences(
  { puppet, registry }: SidecarStatus,
  own: Pick<SidecarStatus['puppet'], 'host' | 'port'>,
  url: string,
): readonly Finding[] {
  const theirs = `${puppet.host}:${puppet.port}`
  const other = [
    ...(theirs === `${own.host}:${own.port}` ? [] : [`the puppet at ${theirs}`]),
    ...(registry.url === url ? [] : [`the registry ${registry.url}`]),
  ]
  if (other.length === 0) return []
  const words = "run the doctor with the sidecar's own environment: docker exec, or kubectl exec -c registrar"
  const seen = `it has another configuration than this doctor: ${other.join(', ')}`
  return [{ step, status: 'warn', seen, remedy: { words } }]
}

function durationOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}
