import type { Operator } from './operator.ts'

export interface Remedy {
  readonly words: string
  readonly type?: string
}

export interface Finding {
  readonly step: string
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped'
  readonly code?: string
  readonly seen: string
  readonly remedy?: Remedy
}

/** What the doctor said, for people and for programs. */
export interface Diagnosis {
  readonly exitCodes: readonly (number | null)[]
  readonly tookMs: number
  /** All that both of them printed. */
  readonly output: string
  readonly lines: readonly string[]
  readonly findings: readonly Finding[]
  /** The first that failed. */
  readonly cause: Finding | undefined
}

/** Runs the doctor as the sidecar is run: once for people, once for programs. */
export async function askDoctor(operator: Operator, args: readonly string[] = []): Promise<Diagnosis> {
  const began = performance.now()
  const text = operator.run(['doctor', ...args])
  const json = operator.run(['doctor', ...args, '--json'])
  const [textExit, jsonExit] = await Promise.all([text.exit, json.exit])
  const tookMs = performance.now() - began
  const findings = findingsIn(json.output('stdout'), json.output('stderr'))
  return {
    exitCodes: [textExit.code, jsonExit.code],
    tookMs,
    output: `${text.output()}\n${json.output()}`,
    lines: text.lines('stdout'),
    findings,
    cause: findings.find(({ status }) => status === 'fail'),
  }
}

function findingsIn(text: string, errors: string): readonly Finding[] {
  try {
    return (JSON.parse(text) as { readonly findings: readonly Finding[] }).findings
  } catch {
    throw new Error(`doctor --json printed no JSON: ${text}${errors}`)
  }
}
