import type { Env } from '../config/environment.ts'
import type { Clock } from '../lib/clock.ts'
import { withClockAsCause } from './clock.ts'
import { walkConfiguration } from './configuration.ts'
import { type Finding, STEPS } from './finding.ts'
import { doctorRedactor, fitForPrint } from './fit-for-print.ts'
import { walkNetwork } from './machine/network.ts'
import { walkOpenFiles } from './machine/open-files.ts'
import { walkPuppet } from './puppet/puppet.ts'
import { walkRegistry } from './registry/registry.ts'
import { walkSidecar, withSidecarAsCause } from './sidecar.ts'
import { walkToken } from './token.ts'
import { readTolerantConfig } from './tolerant-config.ts'
import { type Walk, walkAll } from './walk.ts'

const WALKS: readonly Walk[] = [
  walkConfiguration,
  walkToken,
  walkSidecar,
  walkPuppet,
  walkRegistry,
  walkOpenFiles,
  walkNetwork,
]

/** Looks at everything between a client and the puppet. Changes nothing, and registers nothing. */
export async function examine(env: Env, clock: Clock): Promise<readonly Finding[]> {
  const tolerant = await readTolerantConfig(env)
  const { tokens = [], registry } = tolerant.config ?? {}
  const redact = doctorRedactor(tokens, registry?.proxy?.secrets)
  const findings = await walkAll(WALKS, { ...tolerant, env, clock }, STEPS)
  return withSidecarAsCause(withClockAsCause(findings)).map((finding) => fitForPrint(finding, redact))
}
