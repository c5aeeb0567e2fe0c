import { readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { MAIN } from '../../launch.mjs'
import { formatCount, kib, median, mib, percent } from '../../numbers.mjs'

/** What ten pages may cost: of a core, and in bytes. */
const CPU_MORE = 0.005
const MEMORY_MORE = 3_000_000
/** What no page may cost: nothing that is more than what one sidecar differs from the next. */
const CPU_MORE_CLOSED = 0.001
const MEMORY_MORE_CLOSED = 1_500_000
/** What the build may grow by, in bytes. */
const DIST_MORE = 200_000

/** The results as rows. `before`: the command of the build without a page; undefined: there is none. */
export function pageRows(sidecars, { before }) {
  const of = (kind) => sidecars.filter((one) => one.kind === kind)
  const medianOf = (kind, field) => median(of(kind).map((one) => one[field]))
  const compare = (life, kind, beside, wanted) => {
    const [name, than] = [`${life} ${kind}`, `${life} ${beside}`]
    const [cpu, cpuThan] = [medianOf(name, 'cpu'), medianOf(than, 'cpu')]
    const [memory, memoryThan] = [medianOf(name, 'resident'), medianOf(than, 'resident')]
    const words = {
      open: 'ten pages open, beside none',
      closed: 'no page open, beside a build without a page',
    }[kind]
    return [
      {
        measure: `${life}, processor time of a core: ${words}`,
        value: percent(cpu),
        beside: percent(cpuThan),
        ...(wanted.cpu === undefined
          ? {}
          : { wanted: `at most ${percent(wanted.cpu)} more`, held: cpu - cpuThan <= wanted.cpu }),
      },
      {
        measure: `${life}, memory: ${words}`,
        value: mib(memory),
        beside: mib(memoryThan),
        wanted: `at most ${mib(wanted.memory)} more`,
        held: memory - memoryThan <= wanted.memory,
      },
    ]
  }
  const open = { cpu: CPU_MORE, memory: MEMORY_MORE }
  const closed = { cpu: CPU_MORE_CLOSED, memory: MEMORY_MORE_CLOSED }
  return [
    ...compare('quiet', 'open', 'closed', open),
    // Each page reads its list every 2 s: no bound was promised for that.
    ...compare('lively', 'open', 'closed', { ...open, cpu: undefined }),
    ...(before === undefined
      ? []
      : [
          ...compare('quiet', 'closed', 'before', closed),
          ...compare('lively', 'closed', 'before', closed),
          distRow(before),
        ]),
    updatesRow(of('quiet open'), 'quiet'),
    updatesRow(of('lively open'), 'lively'),
  ]
}

function updatesRow(sidecars, life) {
  const pages = sidecars.flatMap(({ readers }) => readers)
  const updates = pages.map((page) => page.updates)
  const each = median(pages.map(({ updates, bytes }) => bytes / updates))
  const breaks = pages.reduce((sum, page) => sum + page.breaks, 0)
  return {
    measure: `${life}: updates that a page got, and their size; pages that were cut off`,
    value: `${formatCount(median(updates))}, ${kib(each)} each; ${breaks}`,
    wanted: 'none cut off',
    held: breaks === 0 && Math.min(...updates) > 0,
  }
}

function distRow(before) {
  const [now, then] = [sizeOf(dirname(MAIN)), sizeOf(dirname(before))]
  return {
    measure: 'the build, and so the image, grows by',
    value: kib(now - then),
    wanted: `at most ${kib(DIST_MORE)}`,
    held: now - then <= DIST_MORE,
  }
}

/** Of all files in a folder, in bytes. */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(`${parentPath}/${name}`).size, 0)
}
