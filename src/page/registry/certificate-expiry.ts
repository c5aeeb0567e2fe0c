import type { HistoryReport } from '../../history/report.ts'
import type { Problem } from '../problem.ts'

/** What the end of a certificate makes of it, by the problem's name. */
const STATES: ReadonlyMap<string, string> = new Map([
  ['CERTIFICATE_EXPIRES_SOON', 'expires soon'],
  ['CERTIFICATE_EXPIRED', 'expired'],
])

/** The past with what no event tells: that the certificate has come to its end, or near it, since it was looked at. */
export function withExpiry(history: HistoryReport, problems: readonly Problem[]): HistoryReport {
  const past = history.states.certificate ?? []
  const last = past.at(-1)
  const problem = problems.find(({ code }) => STATES.has(code))
  const state = STATES.get(problem?.code ?? '')
  if (last === undefined || problem === undefined || state === undefined || last.state === state)
    return history
  // A renewed one that cannot be used is worse than one that expires soon.
  if (last.state === 'in trouble' && state !== 'expired') return history
  const at = Date.parse(problem.since) > Date.parse(last.at) ? problem.since : last.at
  const { code, message: cause } = problem
  const expiry = { number: last.number + 1, at, state, code, cause, changes: 0 }
  return { ...history, states: { ...history.states, certificate: [...past, expiry] } }
}
