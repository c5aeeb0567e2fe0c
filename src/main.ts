import { parseArgs } from 'node:util'
import { COMMANDS, type Command } from './commands/command-table.ts'
import type { CommandArguments, Context } from './commands/context.ts'
import { EXIT } from './commands/exit-codes.ts'
import { VERSION } from './commands/version.ts'
import { ConfigError } from './config/config-error.ts'
import { systemClock } from './lib/clock.ts'

/** Numbers of the signals that end a container, for the exit code of a second one. */
const SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const printError = (line: string): void => void process.stderr.write(`${line}\n`)

let reportBug = (error: unknown): void =>
  printError(`a bug: ${error instanceof Error ? error.stack : String(error)}`)

/** What the command line asks for, or why it cannot be understood. */
type Request = { command: Command; args: CommandArguments } | { print: string } | { wrong: string }

async function understand(args: string[]): Promise<Request> {
  const switches = [...new Set(Object.values(COMMANDS).flatMap((command) => command.switches))]
  const options = Object.fromEntries(
    [...switches, 'help', 'version'].map((name) => [name, { type: 'boolean' as const }]),
  )
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({
      args,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
  } catch (error) {
    return { wrong: (error as Error).message.split('. ')[0] ?? 'unknown option' }
  }
  const given = new Set(Object.keys(parsed.values))
  if (given.has('help')) {
    const { helpText } = await import('./commands/help.ts')
    return { print: helpText(Object.values(COMMANDS)) }
  }
  if (given.has('version')) return { print: VERSION }
  const [name = 'run', ...words] = parsed.positionals
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) return { wrong: `there is no command '${name}'` }
  const unknown = [...given].find((option) => !command.switches.includes(option))
  if (unknown !== undefined) return { wrong: `${name} has no option --${unknown}` }
  if (words.length !== command.words) return { wrong: `usage: puppet-registrar ${command.usage}` }
  return { command, args: { switches: given, words } }
}

/** One Ctrl-C reaches a whole group of processes, and a supervisor passes it on: what comes so soon is the same signal. */
const SAME_SIGNAL_MS = 1000

/** @param drains whether the first signal is a request; if not, it is the end */
function shutdownSignal(drains: boolean): AbortSignal {
  const controller = new AbortController()
  let firstMs = 0
  for (const [name, number] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      const nowMs = systemClock.now()
      const isFirst = !controller.signal.aborted
      if (!drains || (!isFirst && nowMs - firstMs >= SAME_SIGNAL_MS)) process.exit(128 + number)
      if (isFirst) firstMs = nowMs
      controller.abort()
    })
  }
  return controller.signal
}

/** Listens for SIGHUP from now on: one that comes before anybody hears it is kept. */
function reloadSignal(): Context['onReload'] {
  let early = false
  let hear = (): void => {
    early = true
  }
  process.on('SIGHUP', () => hear())
  return (listener) => {
    hear = listener
    if (early) listener()
  }
}

async function main(): Promise<number> {
  const asked = await understand(process.argv.slice(2))
  if ('print' in asked) {
    print(asked.print)
    return EXIT.ok
  }
  if ('wrong' in asked) {
    printError(`puppet-registrar: ${asked.wrong}; see puppet-registrar --help`)
    return EXIT.usage
  }
  const context: Context = {
    env: process.env,
    clock: systemClock,
    version: VERSION,
    shutdown: shutdownSignal(asked.command.drains),
    onReload: asked.command.reloads ? reloadSignal() : () => {},
    terminal: process.stdout.isTTY === true,
    print,
    printError,
    reportBugsTo: (report) => {
      reportBug = report
    },
  }
  try {
    const run = await asked.command.load()
    return await run(context, asked.args)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    printError(error.message)
    return EXIT.config
  }
}

function bug(error: unknown): never {
  try {
    reportBug(error)
  } catch {
    // The log has ended already. What the error says may hold a secret, and nobody is left to take it out.
    printError(`a bug, after the end of the log: ${error instanceof Error ? error.name : typeof error}`)
  }
  process.exit(EXIT.bug)
}

// A reader that goes away (`| head`) must not end a sidecar.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
process.on('uncaughtException', bug)
process.on('unhandledRejection', bug)
main().then((code) => process.exit(code), bug)
