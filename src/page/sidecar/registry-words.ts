import type { HistoryReport } from '../../history/report.ts'
import type { SidecarStatus } from './status.ts'

/** Whether an attempt has got as far as the registry, or has failed to, since the start. */
export function isRegistryKnown({ states }: HistoryReport): boolean {
  return states.registry?.at(-1)?.state !== 'unknown'
}

export function registryWords(
  { url, proxy, reachable }: SidecarStatus['registry'],
  isAsked: boolean,
): string {
  const way = proxy === null ? '' : ` through the proxy ${proxy.url} (${proxy.variable})`
  if (!isAsked) return `${url}${way}, not asked yet`
  return `${url}${way}, ${reachable ? 'reachable' : 'not reachable'}`
}

/** Nothing is tried while the puppet is not healthy; an attempt that is due is under way. */
export function retryWords({ puppet, registry }: Pick<SidecarStatus, 'puppet' | 'registry'>): string {
  const { retryInSeconds } = registry
  return retryInSeconds === null || retryInSeconds === 0 || puppet.state !== 'healthy'
    ? ''
    : `, next attempt within ${retryInSeconds} s`
}
