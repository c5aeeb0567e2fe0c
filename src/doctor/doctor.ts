import type { Env } from '../config/environment.ts'
import { type Clock, deadline } from '../lib/clock.ts'
import { Redactor } from '../ops/redactor.ts'
import { withClockAsCause } from './clock.ts'
import { walkConfiguration } from './configuration.ts'
import { type Finding, STEPS } from './finding.ts'
import { walkNetwork } from './network.ts'
import { walkOpenFiles } from './open-files.ts'
import { walkPuppet } from './puppet.ts'
import { redacted } from './redacted.ts'
import { walkRegistry } from './registry/registry.ts'
import { walkSidecar, withSidecarAsCause } from './sidecar.ts'
import { walkToken } from './token.ts'
import { readTolerantConfig } from './tolerant-config.ts'
import { type DoctorInput, WALKS_MS, type Walk, walkAll } from './walk.ts'

const WALKS: readonly Walk[] = [
  walkConfiguration,
  walkToken,
  walkSidecar,
  walkPuppet,
  walkRegistry,
  walkOpenFiles,
  walkNetwork,
]

/** Looks at everything between a client and the puppet. Changes nothing, and registers nothing. Never rejects. */
export async function examine(env: Env, clock: Clock): Promise<readonly Finding[]> {
  const tolerant = await readTolerantConfig(env)
  const { tokens = [], registry } = tolerant.config ?? {}
  const redactor = new Redactor(tokens, registry?.proxy?.secrets ?? [])
  const limit = deadline(clock, WALKS_MS)
  const input: DoctorInput = { ...tolerant, env, clock, signal: limit.signal }
  const findings = await walkAll(WALKS, input, STEPS)
  limit.release()
  return withSidecarAsCause(withClockAsCause(findings)).map((finding) => redacted(finding, redactor.redact))
}
