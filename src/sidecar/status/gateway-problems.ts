import type { SidecarState } from './sidecar-state.ts'

/** What is wrong between gateways and the sidecar, in words; empty if nothing is, or no gateway is connected. */
export function gatewayProblems(sidecarState: SidecarState, probedPort: number): readonly string[] {
  const problems = [...sidecarState.gateways].flatMap(([id, { port }]) => [
    ...(port === undefined || port === probedPort ? [] : [otherPort(port, probedPort)]),
    ...(isForeign(sidecarState, id) ? [otherToken(id)] : []),
  ])
  return [...new Set(problems)]
}

export function gatewayConnections(sidecarState: SidecarState): number {
  return [...sidecarState.gateways.values()].reduce((sum, { connections }) => sum + connections, 0)
}

/** Whether the token of a gateway is not registered by this sidecar. */
export function isForeign(sidecarState: SidecarState, id: string): boolean {
  return !sidecarState.has(id) && !sidecarState.draining
}

export function otherPort(reported: number, probed: number): string {
  return `the gateway says that its puppet listens on port ${reported}, but port ${probed} is probed and published; set WECHATY_PUPPET_SERVER_PORT to the same for both`
}

export function otherToken(id: string): string {
  return `the gateway has a token (${id}) that is not among this sidecar's: nobody registers it; give both the same`
}
