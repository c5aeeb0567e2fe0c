import { COMMUNITY_CA } from '../client/community-ca.ts'
import { type ConnectConfig, readConnectConfig } from '../config/connect-config.ts'
import type { BotAddress } from '../config/connect-listen.ts'
import { openFileLimit, roomForConnections } from '../config/open-file-limit.ts'
import { BotAddressFollower } from '../connect/bot-address-follower.ts'
import { BotTls } from '../connect/bot-tls.ts'
import { ConnectService } from '../connect/service.ts'
import type { Clock } from '../lib/clock.ts'
import type { FileTrouble } from '../lib/file-trouble.ts'
import type { Problem } from '../lib/problem.ts'
import { CertificatesFollower } from '../net/certificates-follower.ts'
import { hostPort } from '../net/host-port.ts'
import { NameResolver } from '../net/name-resolver.ts'
import { RegistryTransport } from '../net/registry-transport.ts'
import { trusting } from '../net/trust.ts'
import type { Log } from '../ops/log.ts'
import type { Redactor } from '../ops/redactor.ts'
import type { CommandArguments, Context } from './context.ts'
import { type Daemon, runDaemon } from './daemon.ts'
import { EXIT } from './exit-codes.ts'
import { asListenProblem, type ListenSetting } from './listen-error.ts'
import { keepYoungSpaceSmall } from './v8-heap-flags.ts'

const LISTEN_CERTIFICATE = 'CONNECT_LISTEN_TLS_CERT_FILE'

/** More than any list of tokens on standard input has. */
const INPUT_MAX_CHARACTERS = 64 * 1024

export async function connect(context: Context, { args }: CommandArguments): Promise<number> {
  const [given] = args
  const isInArguments = given !== undefined && given !== '-'
  const tokens = given === '-' ? await context.readInput(INPUT_MAX_CHARACTERS) : given
  const { config, warnings } = await readConnectConfig(context.env, tokens, context.terminal)
  if (isInArguments) {
    context.printError(
      'connect: every user of this machine sees a token in the process list; set WECHATY_PUPPET_SERVICE_TOKEN, or write it to: puppet-registrar connect -',
    )
  }
  keepYoungSpaceSmall()
  return runDaemon(context, {
    log: config.log,
    warnings,
    secrets: secretsOf(config),
    passwords: config.registry.proxy?.secrets ?? [],
    summary: summaryOf(config),
    listen: listenSettings(config, config.addresses),
    create: ({ log, redactor }) => createConnect(context, config, log, redactor),
  })
}

function createConnect(
  { clock, version }: Context,
  config: ConnectConfig,
  log: Log,
  redactor: Redactor,
): Daemon {
  const resolver = new NameResolver({ clock })
  const { upstream, registry } = config
  const wantsEnd = new AbortController()
  let secureContext = trusting([COMMUNITY_CA, ...upstream.extraCa])
  const certificatesFile = (variable: string) => ({
    onRenewed: () => log.info(`other certificates are in ${variable}: new connections use them`),
    onTrouble: (trouble: FileTrouble | undefined) =>
      report(variable, trouble === undefined ? [] : [{ variable, ...trouble }]),
  })
  const registryTransport = new RegistryTransport({
    registry,
    lookup: resolver.lookup,
    clock,
    ...certificatesFile('REGISTRAR_REGISTRY_CA_FILE'),
  })
  const variable = 'CONNECT_UPSTREAM_CA_FILE'
  const ofUpstream = certificatesFile(variable)
  const upstreamCa =
    upstream.caFile &&
    new CertificatesFollower({
      ...ofUpstream,
      variable,
      path: upstream.caFile,
      certificates: upstream.extraCa,
      clock,
      onRenewed: (certificates) => {
        secureContext = trusting([COMMUNITY_CA, ...certificates])
        ofUpstream.onRenewed()
      },
    })
  const botTls = botTlsOf(config, clock, log, (problems) => report(LISTEN_CERTIFICATE, problems))
  const service = new ConnectService({
    ...config,
    clock,
    version,
    log,
    redactor,
    resolver,
    registry: registry.url,
    transport: registryTransport.transport,
    upstream: { ...upstream, secureContext: () => secureContext },
    listenTls: botTls?.secureContext,
    connectionsMax: connectionsMax(),
    onQuit: () => wantsEnd.abort(),
  })
  const report = (variable: string, problems: readonly Problem[]): void =>
    service.record({ type: 'file', variable, problems })
  const addresses = new BotAddressFollower({
    ...config,
    clock,
    report,
    apply: async (next) => {
      // What was held until now is a secret for a while longer: connections go on.
      redactor.replace([...secretsOf(config), ...service.tokens, ...next.map(({ token }) => token)])
      try {
        await service.replace(next)
        botTls?.useTokens(service.tokens)
        return []
      } catch (error) {
        return asListenProblem(error, listenSettings(config, next)).problems
      }
    },
  })
  const optional = [upstreamCa || undefined, botTls?.follower].filter((follower) => follower !== undefined)
  const followers = [registryTransport, ...optional, addresses]
  return {
    start: async () => {
      await service.start()
      for (const follower of followers) follower.start()
    },
    reload: () => Promise.all(followers.map((follower) => follower.refresh())),
    wantsEnd: wantsEnd.signal,
    end: async () => {
      for (const follower of followers) follower.stop()
      await service.end()
      log.info(wantsEnd.signal.aborted ? 'ended, as POST /quitquitquit asked' : 'ended')
      return EXIT.ok
    },
  }
}

function botTlsOf(
  { addresses, listenTls }: ConnectConfig,
  clock: Clock,
  log: Log,
  report: (problems: readonly Problem[]) => void,
): BotTls | undefined {
  if (listenTls === undefined) return undefined
  return new BotTls({
    certificate: listenTls,
    tokens: addresses.map(({ token }) => token),
    clock,
    onRenewed: () => log.info(`another certificate is in ${LISTEN_CERTIFICATE}: new connections use it`),
    onProblem: (problem) =>
      report(problem === undefined ? [] : [{ ...problem, variable: LISTEN_CERTIFICATE }]),
  })
}

/** Tokens that are given and not used are secrets too. */
function secretsOf({ addresses, origin }: ConnectConfig): readonly string[] {
  return [...addresses.map(({ token }) => token), ...origin.tokens]
}

/** Each takes two sockets: the bot's and the puppet's. */
function connectionsMax(): number {
  return Math.min(10_000, Math.floor(roomForConnections(openFileLimit()) / 2))
}

function summaryOf({ addresses, registry, waitMs, upstream, admin }: ConnectConfig): Record<string, unknown> {
  return {
    tokens: addresses.length,
    registry: registry.url.href,
    ...(registry.proxy && { proxy: `${registry.proxy.url} (${registry.proxy.variable})` }),
    waitMs,
    upstreamTls: upstream.tls,
    admin: admin.port === 0 ? 'off' : hostPort(admin),
  }
}

function listenSettings(
  { admin }: ConnectConfig,
  addresses: readonly BotAddress[],
): [ListenSetting, ...ListenSetting[]] {
  const own = { ...admin, hostVariable: 'CONNECT_ADMIN_HOST', portVariable: 'CONNECT_ADMIN_PORT' }
  const variable = 'CONNECT_LISTEN'
  return [
    own,
    ...addresses.map((address) => ({ ...address, hostVariable: variable, portVariable: variable })),
  ]
}
