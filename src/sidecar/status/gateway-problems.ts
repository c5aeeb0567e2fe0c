import type { SidecarState } from './sidecar-state.ts'

/** What is wrong between gateways and the sidecar, in words; empty if nothing is, or nobody is at the door. */
export function gatewayProblems(sidecarState: SidecarState, probedPort: number): readonly string[] {
  const said = [...sidecarState.gateway.present].flatMap(([id, { port }]) => [
    ...(port === undefined || port === probedPort ? [] : [otherPort(port, probedPort)]),
    ...(isForeign(sidecarState, id) ? [otherToken(id)] : []),
  ])
  return [...new Set(said)]
}

/** How many gateways are at the door. */
export function gatewayConnections(sidecarState: SidecarState): number {
  return [...sidecarState.gateway.present.values()].reduce((sum, { connections }) => sum + connections, 0)
}

/** Whether nobody registers a token, though all are to be registered. */
export function isForeign(sidecarState: SidecarState, id: string): boolean {
  return !sidecarState.has(id) && !sidecarState.draining
}

/** Gateway and sidecar disagree about the puppet's port. */
export function otherPort(said: number, probed: number): string {
  return `the gateway says that its puppet listens on port ${said}, but port ${probed} is probed and published; set WECHATY_PUPPET_SERVER_PORT to the same for both`
}

/** The gateway has a token that the sidecar does not register. */
export function otherToken(id: string): string {
  return `the gateway has a token (${id}) that is not among this sidecar's: nobody registers it; give both the same`
}
