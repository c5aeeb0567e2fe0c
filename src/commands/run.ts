import { type Config, readConfig } from '../config/sidecar-config.ts'
import { createStdoutLog } from '../ops/log.ts'
import { Redactor } from '../ops/redactor.ts'
import { Sidecar } from '../sidecar/sidecar.ts'
import { aborted, type Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { asListenProblem, type ListenPlace } from './listen-error.ts'
import { keepHeapQuiet } from './v8-heap-flags.ts'

/** The command `run`. */
export async function run(context: Context): Promise<number> {
  const listener = keepHeapQuiet()
  const { config, warnings } = readConfig(context.env, context.terminal)
  const redactor = new Redactor(config.tokens)
  const logOptions = { ...config.log, redact: redactor.redact }
  const { log, end: endLog } = await createStdoutLog(logOptions, context.clock)
  context.reportBugsTo((error) => log.fatal({ err: error }, 'a bug: please report it'))
  for (const { variable, message } of warnings) log.warn({ variable }, `${variable} ${message}`)
  log.info(summary(config, context.version), 'starting')
  if (config.gateway?.isApihost) {
    const registry = config.registry.url.href
    log.info(
      { registry },
      `WECHATY_APIHOST is the gateway's: it names the door here. The registry is ${registry}`,
    )
  }

  // The reason of the first one stays.
  const byItself = new AbortController()
  const endWith = (ending: Ending): void => byItself.abort(ending)
  const sidecar = new Sidecar({
    config,
    version: context.version,
    clock: context.clock,
    log,
    redactor,
    listener,
    onAllRefused: () => {
      if (config.exitOnRefused) endWith(ALL_REFUSED)
    },
    onNetworkGone: () => endWith(NETWORK_GONE),
    onQuit: () => endWith(ASKED_TO_QUIT),
  })
  context.onReload(() => void sidecar.reload())
  try {
    await sidecar.start()
  } catch (error) {
    const problem = asListenProblem(error, placesOf(config))
    await endLog()
    throw problem
  }
  await Promise.race([aborted(context.shutdown), aborted(byItself.signal)])
  const withdrawn = await sidecar.end()
  if (withdrawn) log.info('drained')
  else log.warn('not everything could be withdrawn in REGISTRAR_DRAIN_TIMEOUT; ending all the same')
  const ending = byItself.signal.aborted ? (byItself.signal.reason as Ending) : undefined
  if (ending !== undefined) log[ending.code === EXIT.ok ? 'info' : 'error'](ending.why)
  await endLog()
  return ending?.code ?? EXIT.ok
}

/** Why a sidecar ends without a signal, and its exit code. */
interface Ending {
  readonly code: number
  readonly why: string
}

const ASKED_TO_QUIT: Ending = { code: EXIT.ok, why: 'ending, as POST /quitquitquit asked' }
const ALL_REFUSED: Ending = {
  code: EXIT.refused,
  why: 'every token was refused: ending, as REGISTRAR_EXIT_ON_REFUSED says',
}
const NETWORK_GONE: Ending = {
  code: EXIT.networkGone,
  why: 'the network shared with the puppet is gone: its container was restarted and has another; ending, so that a restart joins that',
}

function placesOf({ admin, gateway }: Config): [ListenPlace, ...ListenPlace[]] {
  const own = { ...admin, hostVariable: 'REGISTRAR_ADMIN_HOST', portVariable: 'REGISTRAR_ADMIN_PORT' }
  if (gateway === undefined) return [own]
  return [own, { ...gateway, hostVariable: 'REGISTRAR_GATEWAY_HOST', portVariable: 'REGISTRAR_GATEWAY_PORT' }]
}

function summary(
  { puppet, probe, registry, tokens, gateway, admin }: Config,
  version: string,
): Record<string, unknown> {
  return {
    version,
    tokens: tokens.length,
    puppet: `${puppet.host}:${puppet.port}`,
    probe: probe.kind,
    registry: registry.url.href,
    ...(gateway && { gateway: `${gateway.host}:${gateway.port}` }),
    admin: admin.port === 0 ? 'off' : `${admin.host}:${admin.port}`,
  }
}
