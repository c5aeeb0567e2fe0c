import { readRegistryConfig } from '../config/commands.ts'
import { EXIT } from '../exit-codes.ts'
import { createStdoutLog } from '../log.ts'
import { RegistryServer } from '../registry/server.ts'
import { aborted, type Context } from './context.ts'
import { asListenProblem } from './listen-error.ts'

/** The command `registry`. */
export async function registry(context: Context): Promise<number> {
  const { config, warnings } = readRegistryConfig(context.env, context.terminal)
  const { log, end } = await createStdoutLog({ ...config.log, redact: (line) => line }, context.clock)
  context.reportBugsTo((error) => log.fatal({ err: error }, 'a bug: please report it'))
  for (const { variable, message } of warnings) log.warn({ variable }, `${variable} ${message}`)
  const server = new RegistryServer({ ...config, clock: context.clock })
  try {
    const { address, port } = await server.start()
    log.info({ version: context.version, address, port }, 'registry listens')
  } catch (error) {
    const problem = asListenProblem(error, 'REGISTRY_LISTEN', config)
    await end()
    throw problem
  }
  await aborted(context.shutdown)
  await server.stop()
  log.info('registry ended')
  await end()
  return EXIT.ok
}
