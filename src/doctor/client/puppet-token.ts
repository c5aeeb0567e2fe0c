import type { ClientHttp2Session } from 'node:http2'
import { type GrpcAnswer, unaryCall } from '../../grpc/grpc-call.ts'
import { authorization, isTokenAccepted, VERSION } from '../../grpc/puppet-call.ts'
import { type Clock, deadline } from '../../lib/clock.ts'
import { hostPort } from '../../net/host-port.ts'
import { isLoopbackHost } from '../../net/local-host.ts'
import { describeAnswer, kindOf, MEANINGS } from '../../sidecar/probe/answer-meaning.ts'
import type { Endpoint, Plan } from './plan.ts'
import type { Sdk, TokenPlace } from './sdks.ts'
import type { Finding, Report } from './steps.ts'

const CALL_MS = 4000

/**
 * Calls the puppet as the SDK does, with the token where the SDK puts it: nobody sees it who does not see it when the bot starts. Whoever
 * calls this has verified the peer as far as the SDK does. An SDK that takes any certificate sends its token to anybody: that is not
 * imitated. Never rejects.
 */
export async function askWithToken(
  plan: Plan,
  endpoint: Endpoint,
  session: ClientHttp2Session,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  report: Report,
): Promise<void> {
  const { sdk, token, tls } = plan
  const { host, port, authority = plan.serverName ?? hostPort({ host, port }) } = endpoint
  const isAnybody = tls && sdk.checksNames === 'none' && !isLoopbackHost(session.socket?.remoteAddress ?? '')
  const places = isAnybody ? [] : placesOf(plan, endpoint)
  const limit = deadline(clock, CALL_MS, signal)
  try {
    const answer = await unaryCall(session, {
      path: VERSION,
      authority: places.includes(':authority') ? token : authority,
      ...(places.includes('authorization') && { metadata: authorization(token) }),
      signal: limit.signal,
    })
    report({ step: 'puppet token', ...judgeAnswer(plan, places, answer, isAnybody) })
  } catch {
    const seen = limit.signal.aborted
      ? `the puppet does not answer a call in ${CALL_MS / 1000} s`
      : 'the puppet breaks the call off'
    const code = limit.signal.aborted ? 'PUPPET_SILENT' : 'PUPPET_BREAKS_CALLS'
    report({
      step: 'puppet token',
      status: 'fail',
      code,
      seen,
      remedy: { words: "look at the puppet's log" },
    })
  } finally {
    limit.release()
  }
}

/** Where the token is in the call. An SDK that sends the address as `:authority` sends the token when that is the address. */
function placesOf({ sdk, token, tls }: Plan, { authority }: Endpoint): readonly TokenPlace[] {
  return authority === token ? [':authority'] : sdk.sendsToken[tls ? 'tls' : 'plaintext']
}

/** What an answer to `Version` says about the token. The text of the answer is never read: puppets repeat the token in it. */
export function judgeAnswer(
  { tls, sdk }: Pick<Plan, 'tls' | 'sdk'>,
  places: readonly TokenPlace[],
  answer: GrpcAnswer,
  isAnybody: boolean,
): Omit<Finding, 'step'> {
  const { status } = answer
  if (isTokenAccepted(answer) === false) {
    if (isAnybody) {
      const seen =
        'the puppet answers, and wants a token, which the doctor does not send to a peer that it cannot verify'
      return { status: 'ok', seen }
    }
    return places.length === 0 ? sendsNone(status, sdk) : refused(status)
  }
  const meaning = MEANINGS[kindOf(answer)].version
  if (meaning === 'life' && status === 'OK') {
    if (places.length === 0) {
      const seen = isAnybody
        ? 'the puppet answers without a token'
        : 'the puppet answers this SDK, which sends no token'
      return { status: 'ok', seen }
    }
    const how = tls ? '' : ' (in plaintext: whoever is on the way can read it)'
    return { status: 'ok', seen: `the puppet accepts the token, sent as this SDK sends it${how}` }
  }
  const seen = `the puppet answers with ${describeAnswer(answer)}`
  if (typeof meaning === 'object' || meaning === 'life' || meaning === 'health') {
    const remedy = { words: "look at the puppet's log: whether it accepts the token cannot be known" }
    return { status: 'warn', seen, remedy }
  }
  return {
    status: 'fail',
    code: meaning,
    seen,
    remedy: { words: 'start the puppet, or mend the way of the proxy before it; look at the log of both' },
  }
}

function refused(status: string): Omit<Finding, 'step'> {
  return {
    status: 'fail',
    code: 'PUPPET_REFUSES_TOKEN',
    seen: `the puppet refuses the token (${status}): it has another one`,
    remedy: { words: 'give bot, puppet and registrar the same token' },
  }
}

function sendsNone(status: string, { endpointScheme, takesChannel }: Sdk): Omit<Finding, 'step'> {
  const code = 'PUPPET_REFUSES_TOKEN'
  const seen = `the puppet wants a token (${status}), and this SDK sends none`
  if (takesChannel) {
    return {
      status: 'warn',
      code,
      seen: `${seen} by itself: whether the bot's program does, in a channel of its own, cannot be seen from here`,
      remedy: {
        words:
          'let the program do so, in the few lines of docs/sdks.md (Java and Scala); where it has them, all is well',
      },
    }
  }
  return {
    status: 'fail',
    code,
    seen,
    remedy: {
      words:
        endpointScheme === 'wanted'
          ? 'let the token be the address, with `connect` on port 80: docs/sdks.md says how; or use a puppet that checks no token'
          : 'use an SDK that sends it (docs/sdks.md has them), or a puppet that checks no token',
    },
  }
}
