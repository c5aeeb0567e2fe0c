import fc from 'fast-check'
import { isPort } from '../../src/protocol/discovery.ts'
import { EVENT, type Json } from './events.ts'
import { OtherClient, portOf } from './other-client.ts'

/** One frame that answers, or nearly. */
interface Said {
  /** Beside the id of the question; 0 is right. */
  readonly idOff: number
  readonly result: Json
  readonly bare: boolean
}

/** What a registrant says when it is asked for its port; it ends with an error, so that nobody waits. */
export interface Conversation {
  readonly said: readonly Said[]
  readonly noise: readonly Json[]
  /** The port in the subprotocol. */
  readonly offered: string
}

const RESULT = fc.oneof(
  fc.integer({ min: -5, max: 65_540 }).map(String),
  fc.constantFrom(
    '1',
    '65535',
    '0',
    '65536',
    '1.5',
    '"80"',
    '[80]',
    '{"port":80}',
    'null',
    '1e3',
    '8788.0',
    '1e999',
  ),
  fc.json({ maxDepth: 2 }),
)

export const CONVERSATION: fc.Arbitrary<Conversation> = fc.record({
  said: fc.array(
    fc.record({
      idOff: fc.oneof(fc.constant(0), fc.integer({ min: -3, max: 3 })),
      result: RESULT,
      bare: fc.boolean(),
    }),
    { maxLength: 12 },
  ),
  // No event of these names is about the question.
  noise: fc.array(
    EVENT.filter((text) => !/jsonrpc|"id"|\\u/.test(text) && text.length < 60_000),
    { maxLength: 5 },
  ),
  offered: fc.constantFrom('', '8788', '0', '65536', '1', '65535', '-1', '1e3', '0x10', 'x', '08'),
})

/** Registers, is discovered by two at a time, and answers as the conversation says. Throws unless both find what it said. */
export async function converse(conversation: Conversation, port: number): Promise<void> {
  const { said, noise, offered } = conversation
  const other = await OtherClient.register(port, {
    offered,
    answering: (id) => [...noise, ...said.map((one) => written(one, id)), `{"id":${id},"error":"no more"}`],
  })
  try {
    const found = await Promise.all([portOf(port, other.token), portOf(port, other.token)])
    const wanted = portSaid(conversation)
    // The first answer counts; whoever asks for a port that was not said may ask again.
    if (found.some((one) => one !== wanted))
      throw new Error(`found ${found.join(' and ')} instead of ${wanted}`)
  } finally {
    await other.leave()
  }
}

function written({ idOff, result, bare }: Said, id: number): Json {
  const answer = `{"jsonrpc":"2.0","id":${id + idOff},"result":${result}}`
  return bare ? answer : `{"name":"jsonrpc","payload":${answer}}`
}

function portSaid({ said, offered }: Conversation): number | undefined {
  const first = said.find(({ idOff }) => idOff === 0)
  const result: unknown = first && JSON.parse(first.result)
  const asOffered = /^\d+$/.test(offered) ? Number(offered) : undefined
  return isPort(result) ? result : isPort(asOffered) ? asOffered : undefined
}
