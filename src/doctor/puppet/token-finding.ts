import { deadline } from '../../lib/clock.ts'
import { publicName } from '../../ops/redactor.ts'
import type { Probe } from '../../sidecar/probe/probe.ts'
import type { Finding } from '../finding.ts'
import type { PuppetWalkInput } from './elsewhere.ts'
import { puppetRemedy } from './remedies.ts'

/** A puppet that takes these takes the others too, or its log says why not: thousands must not keep it busy. */
const ASKED_MAX = 5

/** Whether the puppet accepts clients with the tokens, the first few of them. The probe holds a session. */
export async function tokenFinding({ config, clock }: PuppetWalkInput, probe: Probe): Promise<Finding> {
  const { tokens } = config
  const step = 'puppet token'
  if (tokens.length === 0) return { step, status: 'skipped', seen: 'there is no token to ask with' }
  const refused: string[] = []
  let accepted = 0
  for (const token of tokens.slice(0, ASKED_MAX)) {
    const limit = deadline(clock, config.probe.timeoutMs)
    const answer = await probe.acceptsToken(token, limit.signal)
    limit.release()
    if (answer === false) refused.push(publicName(token))
    if (answer === true) accepted += 1
  }
  if (refused.length > 0) {
    const code = 'PUPPET_REFUSES_TOKEN'
    const seen = `the puppet refuses clients with the token ${refused.join(', ')}: it has another one`
    return { step, status: 'fail', code, seen, remedy: puppetRemedy(code) }
  }
  if (accepted > 0) return { step, status: 'ok', seen: 'the puppet accepts it' }
  const seen =
    'not known: the puppet does not say, or it is not safe to show it the token (it goes over loopback, or to a valid certificate)'
  return { step, status: 'skipped', seen }
}
