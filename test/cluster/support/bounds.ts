import { expect } from 'vitest'
import { report as print } from '../../netns/support/report.ts'
import type { Figures } from './figures.ts'
import type { Report } from './watch.ts'

/** What a fault may cost, in seconds; wrong answers it may never cost. */
export interface Bounds {
  /** Of 503; by node where nodes differ. */
  readonly unavailableS: number | Readonly<Record<string, number>>
  /** Of 404 for a registered token. Default 0. */
  readonly notFoundS?: number
  /** Nodes that were killed or frozen: they answered nothing for a while. */
  readonly silent?: readonly string[]
}

/** Prints what a fault cost, and holds it against its bounds, which differ by token. */
export function hold(what: string, report: Report, bounds: Readonly<Record<string, Bounds>>): void {
  for (const [token, nodes] of Object.entries(report)) print(`${what}: ${token}`, inShort(nodes))
  for (const [token, nodes] of Object.entries(report)) {
    const { unavailableS, notFoundS = 0, silent = [] } = bounds[token] ?? { unavailableS: 0 }
    for (const [node, figures] of Object.entries(nodes)) {
      const at = `${token} at ${node}: ${JSON.stringify(figures)}`
      const most = typeof unavailableS === 'number' ? unavailableS : (unavailableS[node] ?? 0)
      expect(figures.askedS, at).toBeGreaterThan(0)
      expect(figures.wrongS + figures.oddS, at).toBe(0)
      expect(figures.notFoundS, at).toBeLessThanOrEqual(notFoundS)
      expect(figures.unavailableS, at).toBeLessThanOrEqual(most)
      if (!silent.includes(node)) expect(figures.unansweredS, at).toBe(0)
    }
  }
}

/** Seconds of wrong answers, 404, 503 and silence by node. */
function inShort(nodes: Readonly<Record<string, Figures>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(nodes).map(([node, figures]) => {
      const { askedS, wrongS, notFoundS, unavailableS, unansweredS, slowestMs } = figures
      const parts = [`wrong ${wrongS}`, `404 ${notFoundS}`, `503 ${unavailableS}`, `silent ${unansweredS}`]
      return [node, `of ${askedS} s: ${parts.join(', ')}; slowest ${slowestMs} ms`]
    }),
  )
}
