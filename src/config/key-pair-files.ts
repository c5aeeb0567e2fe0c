import { type CertificateFiles, type KeyPair, readKeyPair, UnusableKeyPair } from '../net/key-pair.ts'
import type { Findings } from './config-error.ts'
import type { SetVariables } from './environment.ts'

/** A certificate with its key, and where they were read. */
export interface ReadKeyPair {
  readonly files: CertificateFiles
  readonly pair: KeyPair
}

/** Reads the files that two variables name: both are set, or none. Undefined where there is none, or a problem. */
export function readKeyPairFiles(
  env: SetVariables,
  names: { readonly cert: string; readonly key: string },
  findings: Findings,
): ReadKeyPair | undefined {
  const [certFile, keyFile] = [env[names.cert], env[names.key]]
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined)
    return findings.problem(names.cert, 'is not set, but the key of a certificate is', 'VARIABLE_MISSING')
  if (keyFile === undefined)
    return findings.problem(names.key, 'is not set, but a certificate is; give its key', 'VARIABLE_MISSING')
  const files = { certFile, keyFile }
  try {
    return { files, pair: readKeyPair(files) }
  } catch (error) {
    if (!(error instanceof UnusableKeyPair)) throw error
    const { part, message, code } = error.trouble
    return findings.problem(names[part], message, code)
  }
}
