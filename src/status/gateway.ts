import type { Board } from './board.ts'

/** What is wrong between the gateway and the sidecar, in words; empty if nothing is, or nobody is at the door. */
export function gatewayProblems(board: Board, probedPort: number): readonly string[] {
  const { present, port } = board.gateway
  if (present.size === 0) return []
  const foreign = [...present.keys()].filter((id) => !board.has(id)).map(otherToken)
  return port === undefined || port === probedPort ? foreign : [otherPort(port, probedPort), ...foreign]
}

/** Gateway and sidecar disagree about the puppet's port. */
export function otherPort(said: number, probed: number): string {
  return `the gateway says that its puppet listens on port ${said}, but port ${probed} is probed and published; set WECHATY_PUPPET_SERVER_PORT to the same for both`
}

/** The gateway has a token that the sidecar does not register. */
export function otherToken(id: string): string {
  return `the gateway has a token (${id}) that is not among this sidecar's: nobody registers it; give both the same`
}
