import { describe, expect, it } from 'vitest'
import {
  CONNECT_REMEDIES,
  CONNECT_TROUBLES,
  type UpstreamTrouble,
} from '../../src/connect/connect-trouble.ts'
import { DOCTOR_REMEDIES, DOCTOR_TROUBLES, type DoctorTrouble } from '../../src/doctor/doctor-trouble.ts'
import { PROBLEM_CODES } from '../../src/lib/problem.ts'
import { REGISTRY_TROUBLES } from '../../src/net/registry-trouble.ts'
import { ADVICE_CODES } from '../../src/protocol/advice.ts'
import {
  CLUSTER_REMEDIES,
  CLUSTER_TROUBLES,
  type ClusterTrouble,
} from '../../src/registry/cluster-trouble.ts'
import {
  REGISTRANT_REMEDIES,
  REGISTRANT_TROUBLES,
  type RegistrantTrouble,
} from '../../src/registry/registrant-trouble.ts'
import { GATEWAY_TROUBLES } from '../../src/sidecar/gateway-trouble.ts'
import { PUPPET_TROUBLES } from '../../src/sidecar/puppet-trouble.ts'
import { remedyOf as remedyInSidecar, TROUBLE_CODES, type TroubleCode } from '../../src/sidecar/remedy.ts'
import { DISCOVERY_TROUBLES } from '../../src/sidecar/verification/discovery-trouble.ts'
import { plain, text } from '../support/documentation.ts'

type Code = TroubleCode | DoctorTrouble | UpstreamTrouble | RegistrantTrouble | ClusterTrouble

/** Those that only the doctor, `connect` or the registry knows are not the sidecar's. */
function remedyOf(code: Code): string {
  if (code in CONNECT_REMEDIES) return CONNECT_REMEDIES[code as UpstreamTrouble]
  if (code in REGISTRANT_REMEDIES) return REGISTRANT_REMEDIES[code as RegistrantTrouble]
  if (code in CLUSTER_REMEDIES) return CLUSTER_REMEDIES[code as ClusterTrouble]
  return code in DOCTOR_REMEDIES
    ? DOCTOR_REMEDIES[code as DoctorTrouble]
    : remedyInSidecar(code as TroubleCode)
}

/** Each list of codes, and the heading of its table in docs/troubleshooting.md. */
const LISTS: readonly (readonly [heading: string, codes: readonly Code[]])[] = [
  ['Codes of the registry', REGISTRY_TROUBLES],
  ['Codes of the puppet', PUPPET_TROUBLES],
  ["Codes of the registry's advice", ADVICE_CODES],
  ['Codes of discovery', DISCOVERY_TROUBLES],
  ['Codes of the gateway', GATEWAY_TROUBLES],
  ['Codes of the configuration', PROBLEM_CODES],
  ['Codes of the doctor', DOCTOR_TROUBLES],
  ['Codes of connect', CONNECT_TROUBLES],
  ['Codes of registrants', REGISTRANT_TROUBLES],
  ['Codes of the cluster', CLUSTER_TROUBLES],
]

const ROW = /^\| `([A-Z][A-Z0-9_]*)` \| ([^|]+) \| ([^|]+) \|$/

/** The rows of the table below a heading. */
function rowsBelow(heading: string): readonly string[] {
  const [, section = ''] = text('docs/troubleshooting.md').split(`\n### ${heading}\n`)
  const [table = ''] = section.split(/\n#+ /)
  return table.split('\n').filter((line) => line.startsWith('| `'))
}

describe.each(LISTS)('the table "%s"', (heading, codes) => {
  const rows = rowsBelow(heading)

  it('has one row for each code, and no others', () => {
    const named = rows.map((row) => ROW.exec(row)?.[1] ?? row)
    expect([...named].sort()).toEqual([...codes].sort())
  })

  it('says of each what it means and what to do', () => {
    expect(rows.filter((row) => !ROW.test(row))).toEqual([])
  })

  it('says the same about what to do as the code does', () => {
    const written = rows.map((row) => ROW.exec(row) ?? []).map(([, code, , what = '']) => [code, plain(what)])
    expect(Object.fromEntries(written)).toEqual(
      Object.fromEntries(codes.map((code) => [code, remedyOf(code)])),
    )
  })
})

it('a code is in one list, once', () => {
  const all = LISTS.flatMap(([, codes]) => codes)
  expect(new Set(all).size).toBe(all.length)
})

it('every list of codes is among those that have a remedy, and there are no others', () => {
  expect(
    [
      ...TROUBLE_CODES,
      ...DOCTOR_TROUBLES,
      ...CONNECT_TROUBLES,
      ...REGISTRANT_TROUBLES,
      ...CLUSTER_TROUBLES,
    ].sort(),
  ).toEqual(LISTS.flatMap(([, codes]) => codes).sort())
})

it('a remedy is one sentence that can stand after other words: no full stop, nothing that points elsewhere', () => {
  const all = [
    ...TROUBLE_CODES,
    ...DOCTOR_TROUBLES,
    ...CONNECT_TROUBLES,
    ...REGISTRANT_TROUBLES,
    ...CLUSTER_TROUBLES,
  ].map(remedyOf)
  expect(all.filter((remedy) => /\. |\.$|\n|\bas above\b|\bthe same$|\bthe line\b/.test(remedy))).toEqual([])
})

it('every table of codes belongs to a list', () => {
  const headings = [...text('docs/troubleshooting.md').matchAll(/^### (Codes .*)$/gm)].map(([, name]) => name)
  expect(headings).toEqual(LISTS.map(([heading]) => heading))
})
