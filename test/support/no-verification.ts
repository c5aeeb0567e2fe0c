import type { Clock } from '../../src/lib/clock.ts'
import { Verifier } from '../../src/sidecar/verification/verifier.ts'

/** Where nothing is verified. */
export function noVerification(clock: Clock): Verifier {
  return new Verifier({ clock, intervalMs: 0, advertisedHost: '', isRegistryLocal: false, emit: () => {} })
}
