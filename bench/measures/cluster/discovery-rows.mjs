import { formatCount, median, ms } from '../../numbers.mjs'

const NODES = 3
const WANTED_MS = 1
const WANTED_SHARE = 0.6

/** @param found pairs of slices: at a node that does not hold the token, and at the one that does; or, `isMiss`, at a registry on its own */
export function latencyRow(what, found, isMiss = false) {
  const more = median(found.map(([one, other]) => one.p50 - other.p50))
  const p50 = (index) => ms(median(found.map((slices) => slices[index].p50)))
  const [here, beside] = isMiss
    ? ['at a node of three', 'at a registry on its own']
    : ['at a node that does not hold it', 'at the one that does']
  return {
    measure: `${what}, one after another, ${here}: p50, median of ${found.length} pairs`,
    value: `${p50(0)}; ${ms(more)} more`,
    beside: `${beside}: ${p50(1)}`,
    wanted: `at most ${WANTED_MS} ms more`,
    held: more <= WANTED_MS,
    bounds: [{ what, value: more, most: 4 * WANTED_MS }],
  }
}

/** @param found pairs of slices: at three nodes, and at a registry on its own */
export function rateRow(what, found, isWanted) {
  const timesOf = (processes) =>
    median(found.map(([three, alone]) => three.perCpuSecond(processes) / alone.perCpuSecond(1)))
  const ratio = timesOf(NODES)
  const count = (values) => formatCount(Math.round(median(values)))
  const rate = (index) => `${count(found.map((slices) => slices[index].rate))}/s`
  const perCpuSecond = (index, processes) =>
    `${count(found.map((slices) => slices[index].perCpuSecond(processes)))} for a second of processor time`
  return {
    measure: `${what}: discoveries at three nodes, 16 connections each, ${found.length} pairs`,
    value: `${perCpuSecond(0, NODES)}, ${rate(0)}; with the NATS servers' time ${timesOf().toFixed(2)} ×`,
    beside: `a registry on its own: ${perCpuSecond(1, 1)}, ${rate(1)}`,
    ratio,
    ...(isWanted && {
      wanted: `at least ${WANTED_SHARE} ×`,
      held: ratio >= WANTED_SHARE,
      bounds: [{ what, value: -ratio, most: -WANTED_SHARE / 3 }],
    }),
  }
}
