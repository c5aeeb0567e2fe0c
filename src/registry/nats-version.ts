/** Since this version a server notices that another one of its cluster stands still, whatever it has to send to it. */
const FROZEN_PEER_NOTICED = [2, 9, 16] as const

/** Whether a NATS server of this version may not notice for long that another one stands still. Empty: nobody knows. */
export function isOutdated(version: string): boolean {
  if (version === '') return false
  const parts = version.split('-')[0]?.split('.').map(Number) ?? []
  for (const [index, wanted] of FROZEN_PEER_NOTICED.entries()) {
    const part = parts[index] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
