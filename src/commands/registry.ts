import { readRegistryConfig } from '../config/commands.ts'
import { EXIT } from '../exit-codes.ts'
import { createLog } from '../log.ts'
import { RegistryServer } from '../registry/server.ts'
import { aborted, type Context } from './context.ts'
import { asListenProblem } from './listen-error.ts'

/** The command `registry`. */
export async function registry(context: Context): Promise<number> {
  const config = readRegistryConfig(context.env)
  const format = context.terminal ? 'pretty' : 'json'
  const log = await createLog({ level: 'info', format, redact: (line) => line })
  context.reportBugsTo((error) => log.fatal({ err: error }, 'a bug: please report it'))
  const server = new RegistryServer({ ...config, clock: context.clock })
  try {
    const { address, port } = await server.start()
    log.info({ version: context.version, address, port }, 'registry listens')
  } catch (error) {
    throw asListenProblem(error, 'REGISTRY_LISTEN_PORT', config)
  }
  await aborted(context.shutdown)
  await server.stop()
  log.info('registry ended')
  return EXIT.ok
}
