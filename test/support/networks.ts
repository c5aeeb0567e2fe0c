import { Networks } from '../../src/net/networks.ts'

/** Networks as `REGISTRY_TRUST_PROXY` names them: `10.0.0.0/8`, or one address. */
export const networksOf = (...texts: readonly string[]): Networks => new Networks(...texts)
