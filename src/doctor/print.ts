import type { Finding, FindingStatus } from './finding.ts'

const WORDS: Readonly<Record<FindingStatus, string>> = {
  ok: 'ok',
  warn: 'warn',
  fail: 'FAIL',
  skipped: '-',
}
/** Where the text of a line begins: behind its status. */
const INDENT = ' '.repeat(6)

/** The findings for people: one line each; below it what to do about it, and below that what to type, alone on its line. */
export function formatFindings(findings: readonly Finding<string>[]): string {
  return [...findings.flatMap(linesOf), '', summaryOf(findings)].join('\n')
}

function linesOf({ step, status, code, seen, remedy }: Finding<string>): readonly string[] {
  const line = `${WORDS[status].padEnd(INDENT.length)}${step}: ${seen}${code === undefined ? '' : ` [${code}]`}`
  if (remedy === undefined) return [line]
  const typed = remedy.type?.split('\n').map((typedLine) => `${INDENT}    ${typedLine}`) ?? []
  return [line, `${INDENT}→ ${remedy.words}`, ...typed]
}

function summaryOf(findings: readonly Finding<string>[]): string {
  const count = (wanted: FindingStatus): number => findings.filter(({ status }) => status === wanted).length
  const fails = count('fail')
  const warnings = count('warn')
  if (fails > 0) return `${fails} FAIL, ${warnings} warn: begin with the first FAIL`
  return warnings > 0 ? `no FAIL, ${warnings} warn` : 'all is well'
}

/** The findings for programs: one JSON document. */
export function findingsAsJson(version: string, findings: readonly Finding<string>[]): string {
  return JSON.stringify({ version, ok: isWell(findings), findings })
}

/** Whether nothing failed. */
export function isWell(findings: readonly Finding<string>[]): boolean {
  return findings.every(({ status }) => status !== 'fail')
}
