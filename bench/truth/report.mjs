import { REGISTRIES } from './registries.mjs'
import { SUBJECTS } from './subjects.mjs'

/** More than this worse than upstream is told. */
const WORSE_S = 1

/** All that was measured as Markdown: for each registry a table of the seconds of lies a fault. */
export function reportOf({ measured, faults, about }) {
  const registries = [...new Set(measured.map(({ registry }) => registry))]
  const tables = registries.map((registry) => tableOf(runsAt(measured, registry), faults, registry))
  const list = faults.map((fault, index) => `| ${index + 1} | ${markOf(fault)} | ${fault.about} |\n`).join('')
  return `
${tables.join('\n')}
*late*: answers that took over a second, right or wrong, are no lies. *held*: the puppet flapped and was held back as documented.
† the registrant itself dies or stands still; upstream's puppet does with it. ▲ over ${WORSE_S} s more lies than
upstream; △ the same, but upstream is late instead.

${about}

### The faults

| | fault | |
|---|---|---|
${list}
`
}

/** Seconds of lies beyond the oracle's, a fault, at a registry. */
export function meanBeyondS(measured, registry, subject = 'product') {
  const { [subject]: mine, oracle } = runsAt(measured, registry)
  return (totalOf(mine, 'lieS') - totalOf(oracle, 'lieS')) / mine.length
}

/** The faults of each subject at a registry, by subject. */
function runsAt(measured, registry) {
  return Object.fromEntries(
    measured.filter((run) => run.registry === registry).map(({ subject, faults }) => [subject, faults]),
  )
}

const totalOf = (rows, column) => rows.reduce((sum, row) => sum + row[column], 0)

function tableOf(runs, faults, registry) {
  const subjects = Object.keys(SUBJECTS).filter((subject) => subject in runs)
  const rivals = 'oracle' in runs ? subjects.filter((subject) => subject !== 'oracle') : []
  const columns = [
    ...subjects.map((subject) => ({ head: SUBJECTS[subject].title, of: (row) => row[subject]?.lieS })),
    ...rivals.map((subject) => ({
      head: `${SUBJECTS[subject].title} beyond the floor`,
      of: (row) => row[subject].lieS - row.oracle.lieS,
    })),
    ...subjects.map((subject) => ({
      head: `${SUBJECTS[subject].title}: late`,
      of: (row) => row[subject].lateS,
    })),
    ...('product' in runs ? [{ head: 'held', of: (row) => row.product.heldS }] : []),
  ]
  const rows = faults.map((_, index) =>
    Object.fromEntries(subjects.map((subject) => [subject, runs[subject][index]])),
  )
  const totals = columns.map(({ of }) => rows.reduce((sum, row) => sum + of(row), 0))
  const lines = [
    ['', 'fault', ...columns.map(({ head }) => head)],
    ['---', '---', ...columns.map(() => '---:')],
    ...rows.map((row, index) => [
      index + 1,
      `${markOf(faults[index])}${comparedWithUpstream(row)}`,
      ...columns.map(({ of }) => inSeconds(of(row))),
    ]),
    ['', '**total**', ...totals.map((total) => `**${total.toFixed(1)}**`)],
    ['', '**mean a fault**', ...totals.map((total) => `**${(total / rows.length).toFixed(2)}**`)],
  ]
  const table = lines.map((line) => `| ${line.join(' | ')} |\n`).join('')
  const down = subjects.map(
    (subject) => `${totalOf(runs[subject], 'downS').toFixed(0)} s (${SUBJECTS[subject].title})`,
  )
  return `### At ${REGISTRIES[registry]}\n\nSeconds. The puppet could not answer for ${down.join(', ')}.\n\n${table}`
}

const markOf = ({ name, ownDeath }) => (ownDeath ? `${name} †` : name)

/** ▲ where this lies longer than upstream, △ where it does, but upstream is late instead. */
function comparedWithUpstream({ product, upstream }) {
  if (product === undefined || upstream === undefined) return ''
  if (product.lieS - upstream.lieS <= WORSE_S) return ''
  const wrongS = ({ lieS, lateS }) => lieS + lateS
  return wrongS(product) - wrongS(upstream) > WORSE_S ? ' ▲' : ' △'
}

/** Nothing is easier to see past than a nought. */
function inSeconds(value) {
  return Math.abs(value) < 0.005 ? '·' : value.toFixed(2)
}
