import type { ClientHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { openSession, SessionError } from '../../grpc/http2-session.ts'
import { type Clock, deadline } from '../../lib/clock.ts'
import { type DetectedProtocol, detectProtocol } from '../../net/detect-protocol.ts'
import { Dialer } from '../../net/dialer.ts'
import { hostPort } from '../../net/host-port.ts'
import { isLoopbackHost, isPrivateHost } from '../../net/local-host.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import { resultOfConnectError } from '../../sidecar/probe/probe.ts'
import type { Remedy } from '../finding.ts'
import { judgeCertificate } from './certificate.ts'
import type { Endpoint, Plan } from './plan.ts'
import { askWithToken } from './puppet-token.ts'
import { NO_TLS } from './sdks.ts'
import type { Report } from './steps.ts'

export interface PuppetWalkOptions {
  readonly clock: Clock
  readonly resolver: NameResolver
  readonly signal: AbortSignal
}

/** Deadline of a connection with its handshakes, in milliseconds. */
const CONNECT_MS = 4000
const DETECT_MS = 2000

/** What the port speaks, as far as was seen: for the SDKs that the bot does not use. */
export interface SeenPort {
  readonly speaks: 'TLS' | 'plaintext' | undefined
}

/** Goes to the puppet as an SDK does: TCP, TLS with its server name, the certificate, and gRPC with the token. Never rejects. */
export async function walkToPuppet(
  plan: Plan,
  endpoint: Endpoint,
  { clock, resolver, signal }: PuppetWalkOptions,
  report: Report,
): Promise<SeenPort> {
  const dialer = new Dialer({ ...endpoint, clock, resolver, timeoutMs: CONNECT_MS })
  const where = hostPort(endpoint)
  const limit = deadline(clock, CONNECT_MS, signal)
  let session: ClientHttp2Session | undefined
  try {
    const socket = await dialer.dial(limit.signal)
    report({ step: 'puppet port', status: 'ok', seen: `${where} accepts connections` })
    const tls = plan.tls ? { servername: plan.serverName ?? endpoint.host, ca: plan.ca } : undefined
    session = await openSession(socket, tls, limit.signal)
  } catch (error) {
    if (error instanceof SessionError) {
      return await reportProtocol(plan, endpoint, dialer, { clock, signal }, report)
    }
    report(portFinding(plan, endpoint, error as NodeJS.ErrnoException, limit.signal.aborted))
    return { speaks: undefined }
  } finally {
    limit.release()
  }
  const speaks = plan.tls ? 'TLS' : 'plaintext'
  report({
    step: 'puppet TLS',
    status: 'ok',
    seen: plan.tls ? 'speaks TLS, as this SDK does' : 'speaks plaintext, as this SDK does',
  })
  const isVerified = reportCertificate(plan, endpoint, session, report)
  if (isVerified) await askWithToken(plan, endpoint, session, { clock, signal }, report)
  session.destroy()
  return { speaks }
}

/** Whether the SDK would go on: it has verified the peer, or does not, or speaks plaintext. */
function reportCertificate(
  plan: Plan,
  { host }: Endpoint,
  session: ClientHttp2Session,
  report: Report,
): boolean {
  const socket = session.socket as Partial<TLSSocket>
  const certificate = plan.tls ? socket.getPeerCertificate?.() : undefined
  if (certificate === undefined) {
    report({ step: 'puppet certificate', status: 'skipped', seen: 'plaintext knows none' })
    return true
  }
  const error = String(socket.authorizationError ?? '')
  const chainError = socket.authorized || error === 'ERR_TLS_CERT_ALTNAME_INVALID' ? undefined : error
  const finding = judgeCertificate(plan, host, { certificate, chainError })
  report({ step: 'puppet certificate', ...finding })
  return finding.status !== 'fail'
}

function portFinding(
  plan: Plan,
  endpoint: Endpoint,
  error: NodeJS.ErrnoException,
  isLate: boolean,
): Parameters<Report>[0] {
  const { host, port } = endpoint
  const { code, reason } = isLate
    ? {
        code: 'PUPPET_SILENT',
        reason: `${hostPort({ host, port })} does not answer in ${CONNECT_MS / 1000} s`,
      }
    : resultOfConnectError(error, endpoint)
  return {
    step: 'puppet port',
    status: 'fail',
    code,
    seen: reason,
    remedy: portRemedy(host, plan.endpoint !== undefined),
  }
}

function portRemedy(host: string, isTold: boolean): Remedy {
  if (isLoopbackHost(host)) {
    if (isTold) {
      return {
        words:
          'this address means the machine of the bot itself: start what the bot is to find there, `connect` (docs/sdks.md) or the puppet',
      }
    }
    return {
      words:
        'this address means the machine of the bot itself: let the registrar publish one that leads to the puppet (REGISTRAR_ADVERTISE_HOST), or open its port to the registry',
    }
  }
  return isPrivateHost(host) && !isTold
    ? {
        words:
          'this address is known only in the network of the puppet: let the registrar publish one that is reached from here (REGISTRAR_ADVERTISE_HOST)',
      }
    : { words: 'start the puppet, and let firewalls and port mappings let this port through to it' }
}

/** There is no HTTP/2 as the SDK speaks it: says what is there instead. */
async function reportProtocol(
  plan: Plan,
  { host, port }: Endpoint,
  dialer: Dialer,
  { clock, signal }: Pick<PuppetWalkOptions, 'clock' | 'signal'>,
  report: Report,
): Promise<SeenPort> {
  const heard = await heardAt(dialer, clock, signal)
  const fail = (code: string, seen: string, remedy: Remedy): SeenPort => {
    report({ step: 'puppet TLS', status: 'fail', code, seen, remedy })
    return { speaks: heard === 'http2' ? 'plaintext' : plan.tls ? undefined : 'TLS' }
  }
  // `connect` lets a bot wait whose puppet it does not reach, and then resets it: from here it looks as if the puppet did so.
  const ifConnect =
    plan.endpoint !== undefined && isLoopbackHost(host)
      ? 'if `connect` has this port, it does not reach the puppet, and its log says why; if not: '
      : ''
  if (plan.tls && heard === 'http2') {
    return fail('PUPPET_WITHOUT_TLS', 'speaks plaintext, and this SDK speaks TLS', {
      words:
        plan.sdk.tls === 'variable'
          ? 'let the SDK speak plaintext too, or let the puppet speak TLS'
          : 'this SDK has no plaintext: let the puppet speak TLS',
      ...(plan.sdk.tls === 'variable' && { type: `${NO_TLS}=true` }),
    })
  }
  if (heard === undefined) {
    return fail('PUPPET_SILENT', `port ${port} accepts connections, and then says nothing`, {
      words: `${ifConnect}start the puppet anew: it hangs; or find out which program has the port, and what stands before it`,
    })
  }
  // A TLS server need not say so where it is greeted in plaintext: many hang up without a word.
  if (!plan.tls && (heard === 'tls' || heard === 'closed')) {
    const sure = heard === 'tls' ? 'speaks TLS' : 'hangs up on plaintext, as a puppet does that speaks TLS'
    return fail('PUPPET_WANTS_TLS', `${sure}, and this SDK speaks plaintext`, {
      words:
        (heard === 'closed' ? ifConnect : '') +
        (plan.sdk.tls === 'variable'
          ? 'let the SDK speak TLS: leave the variable out'
          : 'this SDK has no TLS: run `connect` beside the bot, which has (docs/sdks.md); or let the puppet speak plaintext (a standard gateway does with this variable, which is set there)'),
      type: plan.sdk.tls === 'variable' ? `${NO_TLS}=` : 'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER=true',
    })
  }
  if (plan.tls && heard !== 'http1') {
    return fail('PUPPET_TLS_FAILED', `port ${port}: the TLS handshake, or HTTP/2 inside it, fails`, {
      words:
        "look at the puppet's log: perhaps it wants a client certificate, or another program has the port",
    })
  }
  return fail('PUPPET_NOT_GRPC', `port ${port} does not speak gRPC`, {
    words: "another program has the port: find the puppet's own",
  })
}

async function heardAt(
  dialer: Dialer,
  clock: Clock,
  signal: AbortSignal,
): Promise<DetectedProtocol | undefined> {
  const limit = deadline(clock, DETECT_MS, signal)
  try {
    return await detectProtocol(await dialer.dial(limit.signal), limit.signal)
  } catch {
    return undefined
  } finally {
    limit.release()
  }
}
