import { describe, expect, it } from 'vitest'
import { FAULT_WAYS, FAULTS, type Fault, type FaultRow, outcomeInWords } from '../sdks/support/fault-table.ts'
import { allRows, inWords, TRANSPORTS, WAYS } from '../sdks/support/matrix.ts'
import { text } from '../support/documentation.ts'

const PAGE = 'docs/sdks.md'

/** The sections whose tables are of all SDKs. */
const SECTIONS = ['SDKs', 'Runs', 'While a bot runs']

/** The lines of those sections, or of one of them. */
function linesOf(titles: readonly string[] = SECTIONS): readonly string[] {
  const sections = text(PAGE).split(/^#+ /m)
  return sections
    .map((section) => section.split('\n'))
    .filter(([title = '']) => titles.includes(title))
    .flat()
}

/** The rows of the tables in those sections. */
const tableRows = (): readonly string[] => linesOf().filter((line) => line.startsWith('| '))

/** The notes below the table of a section, in their order. */
function notesOf(title: string): readonly string[] {
  return linesOf([title]).flatMap((line) => /^\d+\. (.*)$/.exec(line)?.[1] ?? [])
}

/** A cell: `no: why`, or `no (2)` where the second note says why. */
function cellOf(words: string, notes: readonly string[]): string {
  const [verdict, ...rest] = words.split(': ')
  const number = notes.indexOf(rest.join(': ')) + 1
  return number === 0 ? words : `${verdict} (${number})`
}

describe(PAGE, async () => {
  const rows = await allRows()

  it.each(rows)('says of $sdk, $version, what its runs have shown', (row) => {
    const notes = notesOf('Runs')
    const cells = WAYS.flatMap((way) =>
      TRANSPORTS.map((transport) => cellOf(inWords(row.cells[way][transport]), notes)),
    )
    const wanted = `| ${[row.sdk, row.version, ...cells].join(' | ')} |`
    expect(tableRows(), `there is no row\n${wanted}\n`).toContain(wanted)
  })

  it.each(rows)('names the variable with which $sdk, $version, reaches another registry', (row) => {
    const variable = row.authorityVariable === undefined ? 'none' : `\`${row.authorityVariable}\``
    const start = `| ${row.sdk} | ${row.version} | ${variable} | `
    expect(tableRows().filter((line) => line.startsWith(start))).toHaveLength(1)
  })

  it.each(rows.filter(({ faults }) => faults))('says what $sdk, $version, sees of faults', (row) => {
    const notes = notesOf('While a bot runs')
    const { outcomes } = row.faults as FaultRow
    const wanted = (Object.keys(FAULTS) as Fault[]).map((fault) => {
      const seen = FAULT_WAYS.map((way) => cellOf(outcomeInWords(outcomes[fault][way]), notes))
      return `| ${[row.sdk, FAULTS[fault], ...seen].join(' | ')} |`
    })
    const missing = wanted.filter((line) => !tableRows().includes(line))
    expect(missing, `there are no rows\n${missing.join('\n')}\n`).toEqual([])
  })

  it.each(SECTIONS)('has no note under %s that no cell names', (title) => {
    const cells = linesOf([title]).filter((line) => line.startsWith('| '))
    const unused = notesOf(title).filter(
      (_note, index) => !cells.some((row) => row.includes(` (${index + 1})`)),
    )
    expect(unused).toEqual([])
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
