import { REGISTRIES } from './registries.mjs'
import { SUBJECTS } from './subjects.mjs'

/** A fault with so many more seconds of lies than upstream is marked. */
const WORSE_S = 1

/** The results as Markdown: for each registry a table of the lie time of each fault, then the list of faults. */
export function reportOf({ measured, faults, about }) {
  const registries = [...new Set(measured.map(({ registry }) => registry))]
  const tables = registries.map((registry) => tableOf(runsAt(measured, registry), faults, registry))
  const list = faults.map((fault, index) => `| ${index + 1} | ${markOf(fault)} | ${fault.about} |\n`).join('')
  return `
${tables.join('\n')}
*late*: answers that took over a second, right or wrong; they do not count as lies. *held back*: wrong answers while the sidecar
held a flapping puppet back; they do not count as lies either. †: the registrant itself is killed or stopped, and the gateway's
puppet with it. ▲: over ${WORSE_S} s more lies than the gateway. △: the same, but the gateway's answers were late instead.

${about}

### The faults

| | fault | what happens |
|---|---|---|
${list}
`
}

/** Mean lie time of a fault beyond the oracle's, in seconds, at a registry. */
export function meanBeyondS(measured, registry, subject = 'product') {
  const { [subject]: own, oracle } = runsAt(measured, registry)
  return (totalOf(own, 'lieS') - totalOf(oracle, 'lieS')) / own.length
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
  const compared = 'oracle' in runs ? subjects.filter((subject) => subject !== 'oracle') : []
  const columns = [
    ...subjects.map((subject) => ({ head: SUBJECTS[subject].title, of: (row) => row[subject]?.lieS })),
    ...compared.map((subject) => ({
      head: `${SUBJECTS[subject].title} beyond the floor`,
      of: (row) => row[subject].lieS - row.oracle.lieS,
    })),
    ...subjects.map((subject) => ({
      head: `${SUBJECTS[subject].title}: late`,
      of: (row) => row[subject].lateS,
    })),
    ...('product' in runs ? [{ head: 'held back', of: (row) => row.product.heldS }] : []),
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
  return `### At ${REGISTRIES[registry]}\n\nSeconds of wrong answers. The puppet was unable to answer for ${down.join(', ')}.\n\n${table}`
}

const markOf = ({ name, ownDeath }) => (ownDeath ? `${name} †` : name)

/** ▲ where the product has more lie time than upstream, △ where upstream's answers are late instead. */
function comparedWithUpstream({ product, upstream }) {
  if (product === undefined || upstream === undefined) return ''
  if (product.lieS - upstream.lieS <= WORSE_S) return ''
  const wrongS = ({ lieS, lateS }) => lieS + lateS
  return wrongS(product) - wrongS(upstream) > WORSE_S ? ' ▲' : ' △'
}

/** Zero is a dot, so that the other values stand out. */
function inSeconds(value) {
  return Math.abs(value) < 0.005 ? '·' : value.toFixed(2)
}
