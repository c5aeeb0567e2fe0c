/** What can be wrong between a gateway and the sidecar: stable codes. Beside each: what to do about it, as docs/troubleshooting.md says. */
export const GATEWAY_REMEDIES = {
  /** Its token is not among the sidecar's. */
  GATEWAY_TOKEN_OTHER: 'give both the same WECHATY_TOKEN',
  /** Its puppet listens on another port than the one that is probed and published. */
  GATEWAY_PORT_OTHER: 'give both the same WECHATY_PUPPET_SERVER_PORT',
} as const

export type GatewayTrouble = keyof typeof GATEWAY_REMEDIES

export const GATEWAY_TROUBLES = Object.keys(GATEWAY_REMEDIES) as readonly GatewayTrouble[]
