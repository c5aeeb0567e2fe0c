import type { Envelope, Frame } from '../protocol/envelope.ts'

/** The event by which a registrant asks for the host that is published for its token. The answer has the same name. */
const HOST_QUERY = 'hostie'

export function isHostQuery(frame: Frame | undefined): boolean {
  return frame?.kind === 'event' && frame.event.name === HOST_QUERY
}

/** The answer: the host that a client would be told; `0.0.0.0` if no registrant can be found. */
export function hostAnswer(host: string): Envelope {
  return { name: HOST_QUERY, payload: host }
}
