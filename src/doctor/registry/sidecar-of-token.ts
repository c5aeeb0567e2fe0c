import type { Config } from '../../config/sidecar-config.ts'
import type { Clock } from '../../lib/clock.ts'
import { publicName } from '../../ops/redactor.ts'
import { DISCOVERY_TROUBLES } from '../../sidecar/verification/discovery-trouble.ts'
import { askStatus, hostToAsk, type SidecarStatus } from '../sidecar-status.ts'
import type { SidecarOfToken } from './registration-finding.ts'

/** Asks a sidecar that runs here about a token; undefined where none runs. */
export async function askSidecarOf(
  token: string,
  { admin }: Pick<Config, 'admin'>,
  clock: Clock,
): Promise<SidecarOfToken | undefined> {
  if (admin.port === 0) return undefined
  const answer = await askStatus({ host: hostToAsk(admin), port: admin.port }, clock)
  return answer.kind === 'sidecar' ? sidecarOfToken(answer.status, publicName(token)) : undefined
}

/** @param id the token's public name */
export function sidecarOfToken(status: SidecarStatus, id: string): SidecarOfToken {
  const { draining, puppet, tokens, registrations } = status
  const listed = tokens.find((token) => token.id === id)
  // Of many tokens, those in trouble come first.
  const isBeyond = listed === undefined && registrations.total > tokens.length
  return {
    draining,
    puppetState: puppet.state,
    token: isBeyond ? { state: 'registered', code: '', reason: '' } : listed,
    isVerified: listed?.isVerified === true,
    discoveryCode: DISCOVERY_TROUBLES.find((code) => code === listed?.discoveryCode),
  }
}
