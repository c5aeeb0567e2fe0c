import { existsSync } from 'node:fs'
import type { Env } from '../../config/environment.ts'
import { readCertificatesFile } from '../../net/certificates-file.ts'
import type { Sdk } from './sdks.ts'
import type { Report } from './steps.ts'

/**
 * The certificates that an SDK trusts for the puppet, where a variable says it; undefined: the community's. The variable holds the PEM text
 * itself, perhaps with `\n` in place of line breaks.
 */
export function readPuppetCa({ puppetCa }: Sdk, env: Env, report: Report): readonly string[] | undefined {
  const value = puppetCa === undefined ? '' : (env[puppetCa] ?? '')
  if (puppetCa === undefined || value === '') return undefined
  const { certificates, problem } = readCertificatesFile(Buffer.from(value.replaceAll('\\n', '\n')))
  if (problem === undefined) return certificates
  const isPath = /^[\w./~-]{1,4096}$/.test(value) && existsSync(value)
  report({
    step: 'settings',
    status: 'fail',
    seen: isPath
      ? `${puppetCa} is the path of a file; it takes the certificate itself`
      : `${puppetCa} ${problem}`,
    remedy: {
      words: 'give it the text of the certificate, from -----BEGIN to END-----',
      ...(isPath && { type: `export ${puppetCa}="$(cat ${value})"` }),
    },
  })
  return undefined
}
