import type { GrpcAnswer } from './grpc-call.ts'

/** A call without side effects, which a puppet refuses with a token that it does not accept. */
export const VERSION = '/wechaty.Puppet/Version'

/** The metadata by which a client shows its token. */
export function authorization(token: string): { readonly authorization: string } {
  return { authorization: `Wechaty ${token}` }
}

/** Whether a puppet that has answered a call with a token accepts it; null if the answer does not say. */
export function isTokenAccepted({ status }: Pick<GrpcAnswer, 'status'>): boolean | null {
  if (status === 'OK') return true
  return status === 'UNAUTHENTICATED' || status === 'PERMISSION_DENIED' ? false : null
}
