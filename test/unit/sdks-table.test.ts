import { describe, expect, it } from 'vitest'
import { FAULT_WAYS, FAULTS, type Fault, outcomeInWords } from '../sdks/support/fault-table.ts'
import { allRows, inWords, TRANSPORTS, WAYS } from '../sdks/support/matrix.ts'
import { text } from '../support/documentation.ts'

const PAGE = 'docs/sdks.md'

/** The sections whose tables are of all SDKs. */
const SECTIONS = ['SDKs', 'Runs', 'While a bot runs']

/** The rows of the tables in those sections. */
function tableRows(): readonly string[] {
  const sections = text(PAGE).split(/^#+ /m)
  return sections
    .filter((section) => SECTIONS.includes(section.split('\n')[0] ?? ''))
    .flatMap((section) => section.split('\n').filter((line) => line.startsWith('| ')))
}

describe(PAGE, async () => {
  const rows = await allRows()

  it.each(rows)('says of $sdk, $version, what its runs have shown', (row) => {
    const cells = WAYS.flatMap((way) => TRANSPORTS.map((transport) => inWords(row.cells[way][transport])))
    const wanted = `| ${[row.sdk, row.version, ...cells].join(' | ')} |`
    expect(tableRows(), `there is no row\n${wanted}\n`).toContain(wanted)
  })

  it.each(rows)('names the variable with which $sdk, $version, reaches another registry', (row) => {
    const variable = row.authorityVariable === undefined ? 'none' : `\`${row.authorityVariable}\``
    const start = `| ${row.sdk} | ${row.version} | ${variable} | `
    expect(tableRows().filter((line) => line.startsWith(start))).toHaveLength(1)
  })

  it.each(rows.filter(({ faults }) => faults))('says what $sdk, $version, sees of faults', (row) => {
    const wanted = (Object.keys(FAULTS) as Fault[]).map((fault) => {
      const seen = FAULT_WAYS.map((way) => row.faults && outcomeInWords(row.faults.outcomes[fault][way]))
      return `| ${[row.sdk, FAULTS[fault], ...seen].join(' | ')} |`
    })
    const missing = wanted.filter((line) => !tableRows().includes(line))
    expect(missing, `there are no rows\n${missing.join('\n')}\n`).toEqual([])
  })

  it('says nothing of an SDK that is not run', () => {
    const run = rows.flatMap(({ sdk, version, faults }) => [
      `| ${sdk} | ${version} | `,
      ...(faults ? Object.values(FAULTS).map((fault) => `| ${sdk} | ${fault} | `) : []),
    ])
    const unknown = tableRows().filter(
      (line) => !line.startsWith('| SDK |') && !run.some((start) => line.startsWith(start)),
    )
    expect(unknown).toEqual([])
  })
})
