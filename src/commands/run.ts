import { setFlagsFromString } from 'node:v8'
import { type Config, readConfig } from '../config/sidecar.ts'
import { EXIT } from '../exit-codes.ts'
import { createStdoutLog } from '../log.ts'
import { Redactor } from '../secret.ts'
import { Sidecar } from '../sidecar.ts'
import { aborted, type Context } from './context.ts'
import { asListenProblem } from './listen-error.ts'

/** The command `run`. */
export async function run(context: Context): Promise<number> {
  // It lives long and allocates little: without this, V8 lets the short-lived objects of its probes grow to 32 MB.
  setFlagsFromString('--optimize-for-size')
  const { config, warnings } = readConfig(context.env, context.terminal)
  const redactor = new Redactor(config.tokens)
  const logOptions = { ...config.log, redact: redactor.redact }
  const { log, end } = await createStdoutLog(logOptions, context.clock)
  context.reportBugsTo((error) => log.fatal({ err: error }, 'a bug: please report it'))
  for (const { variable, message } of warnings) log.warn({ variable }, `${variable} ${message}`)
  log.info(summary(config, context.version), 'starting')

  const allRefused = new AbortController()
  const sidecar = new Sidecar({
    config,
    version: context.version,
    clock: context.clock,
    log,
    redactor,
    onAllRefused: () => {
      if (config.exitOnRefused) allRefused.abort()
    },
  })
  context.onReload(() => void sidecar.reload())
  try {
    await sidecar.start()
  } catch (error) {
    const problem = asListenProblem(error, [
      { ...config.admin, hostVariable: 'REGISTRAR_ADMIN_HOST', portVariable: 'REGISTRAR_ADMIN_PORT' },
    ])
    await end()
    throw problem
  }
  await Promise.race([aborted(context.shutdown), aborted(allRefused.signal)])
  const withdrawn = await sidecar.drain()
  if (withdrawn) log.info('drained')
  else log.warn('not everything could be withdrawn in REGISTRAR_DRAIN_TIMEOUT; ending all the same')
  const refused = allRefused.signal.aborted
  if (refused) log.error('every token was refused: ending, as REGISTRAR_EXIT_ON_REFUSED says')
  await end()
  return refused ? EXIT.refused : EXIT.ok
}

function summary(
  { puppet, probe, registry, tokens, admin }: Config,
  version: string,
): Record<string, unknown> {
  return {
    version,
    tokens: tokens.length,
    puppet: `${puppet.host}:${puppet.port}`,
    probe: probe.kind,
    registry: registry.url.href,
    admin: admin.port === 0 ? 'off' : `${admin.host}:${admin.port}`,
  }
}
