// What all peers share: options as JSON in argv[2], commands over IPC, an end when the parent is gone. In a container there
// is no parent: a line says that it listens, and SIGTERM ends it.
import { readFileSync } from 'node:fs'

export const options = JSON.parse(process.argv[2] ?? '{}')
/** Where to listen. */
export const host = options.host ?? '127.0.0.1'

process.on('disconnect', () => process.exit(0))

/**
 * Tells the parent that this peer listens, and from then on answers `{id, cmd, ...fields}` with `{id, value}` or
 * `{id, error}`. Every peer knows `stop`.
 */
export function ready(port, commands = {}) {
  if (process.send === undefined) {
    process.once('SIGTERM', () => process.exit(0))
    process.stdout.write(`listens on port ${port}\n`)
    return
  }
  process.on('message', async ({ id, cmd, ...fields }) => {
    if (cmd === 'stop') {
      process.send({ id, value: true }, () => process.exit(0))
      return
    }
    try {
      const command = commands[cmd]
      if (!command) throw new Error(`no such command: ${cmd}`)
      process.send({ id, value: (await command(fields)) ?? null })
    } catch (error) {
      process.send({ id, error: String(error?.message ?? error) })
    }
  })
  process.send({ ready: true, port })
}

/** The certificate and key of `options.tls`, as PEM, or nothing. */
export function tlsFiles() {
  if (!options.tls) return undefined
  return { cert: readFileSync(options.tls.certFile), key: readFileSync(options.tls.keyFile) }
}
