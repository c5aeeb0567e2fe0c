import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const PASSWORD = 'changeit'
const TIMEOUT_MS = 60_000

/** The variables with which a Java machine trusts a certificate authority, and no other. It reads no PEM, but a trust store. */
export function javaTrusts(caFile: string, folder: string): Readonly<Record<string, string>> {
  const store = join(folder, 'trust.p12')
  const entry = ['-importcert', '-noprompt', '-alias', 'test', '-file', caFile]
  execFileSync('keytool', [...entry, '-keystore', store, '-storepass', PASSWORD], {
    stdio: 'pipe',
    timeout: TIMEOUT_MS,
  })
  return {
    JAVA_TOOL_OPTIONS: `-Djavax.net.ssl.trustStore=${store} -Djavax.net.ssl.trustStorePassword=${PASSWORD}`,
  }
}
