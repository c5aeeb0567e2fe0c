import { fileTrouble } from '../lib/file-trouble.ts'
import { readRegularFileSync } from '../lib/regular-file.ts'
import { readCertificatesFile } from '../net/certificates-file.ts'
import type { Findings } from './config-error.ts'

/** Reads the certificates of the file that a variable names, in PEM; none where there is no file, or a problem. */
export function readCertificates(
  variable: string,
  path: string | undefined,
  findings: Findings,
): readonly string[] {
  if (path === undefined) return []
  try {
    const { certificates, problem, warnings } = readCertificatesFile(readRegularFileSync(path))
    if (problem !== undefined) findings.problem(variable, problem, 'CERTIFICATE_INVALID')
    for (const warning of warnings) findings.warn(variable, warning, 'CERTIFICATE_ODD')
    return certificates
  } catch (error) {
    const { message, code } = fileTrouble(error)
    findings.problem(variable, message, code)
    return []
  }
}
