import { parseArgs } from 'node:util'
import { COMMANDS, type Command } from './commands/command-table.ts'
import type { CommandArguments, Context } from './commands/context.ts'
import { EXIT } from './commands/exit-codes.ts'
import { VERSION } from './commands/version.ts'
import { ConfigError } from './config/config-error.ts'
import { reportFailuresTo } from './lib/background.ts'
import { systemClock } from './lib/clock.ts'
import { nearestWord } from './lib/nearest-word.ts'

/** Numbers of the signals that end a container, for the exit code of a second one. */
const SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const printError = (line: string): void => void process.stderr.write(`${line}\n`)

let reportBug = (error: unknown, _isFatal: boolean): void =>
  printError(`a bug: ${error instanceof Error ? error.stack : String(error)}`)

/** A command to run, a text to print, or what is wrong with the command line. */
type Request =
  | { readonly command: Command; readonly args: CommandArguments }
  | { readonly text: string }
  | { readonly problem: string }

async function parseCommandLine(argv: string[]): Promise<Request> {
  const switches = new Set(Object.values(COMMANDS).flatMap(({ switches = [] }) => switches))
  const options = Object.fromEntries(
    [...switches, 'version'].map((name) => [name, { type: 'boolean' as const }]),
  )
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({
      args: argv,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
  } catch (error) {
    return { problem: (error as Error).message.split('. ')[0] ?? 'unknown option' }
  }
  const given = new Set(Object.keys(parsed.values))
  if (given.has('help')) {
    const { helpText } = await import('./commands/help.ts')
    return { text: helpText(Object.values(COMMANDS)) }
  }
  if (given.has('version')) return { text: VERSION }
  const [name = 'run', ...args] = parsed.positionals
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    // What is no word may be a token: it is not repeated.
    if (!/^[a-z-]{1,20}$/i.test(name)) return { problem: 'there is no such command' }
    const nearest = nearestWord(name, Object.keys(COMMANDS))
    const meant = nearest === undefined ? '' : ` (did you mean ${nearest}?)`
    return { problem: `there is no command '${name}'${meant}` }
  }
  const unknown = [...given].find((option) => !command.switches?.includes(option))
  if (unknown !== undefined) return { problem: `${name} has no option --${unknown}` }
  if (args.length > (command.mostArgs ?? 0)) {
    return { problem: `usage: puppet-registrar ${command.usage}` }
  }
  return { command, args: { switches: given, args } }
}

/** One Ctrl-C reaches a whole group of processes, and a supervisor passes it on: a second signal so soon is the same one. */
const SAME_SIGNAL_MS = 1000

/** Of a command that drains, the first signal asks for an orderly end; of another one, it ends the process. */
function shutdownSignal({ drains, reloads }: Command): AbortSignal {
  const controller = new AbortController()
  let firstMs = 0
  // A terminal that is closed; what was started from it would stay behind.
  const hangup = drains && !reloads ? { SIGHUP: 1 } : {}
  for (const [name, number] of Object.entries({ ...SIGNALS, ...hangup })) {
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

/** Catches SIGHUP from now on: one that comes before there is a listener is kept for it. */
function reloadSignal(): Context['onReload'] {
  let isPending = false
  let reload = (): void => {
    isPending = true
  }
  process.on('SIGHUP', () => reload())
  return (listener) => {
    reload = listener
    if (isPending) listener()
  }
}

async function readInput(most: number): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    text += chunk
    if (text.length >= most) break
  }
  return text.slice(0, most)
}

async function main(): Promise<number> {
  const request = await parseCommandLine(process.argv.slice(2))
  if ('text' in request) {
    print(request.text)
    return EXIT.ok
  }
  if ('problem' in request) {
    printError(`puppet-registrar: ${request.problem}; see puppet-registrar --help`)
    return EXIT.usage
  }
  const { command, args } = request
  const context: Context = {
    env: process.env,
    clock: systemClock,
    version: VERSION,
    program: [process.execPath, process.argv[1] ?? ''],
    shutdown: shutdownSignal(command),
    onReload: command.reloads ? reloadSignal() : () => {},
    terminal: process.stdout.isTTY === true,
    readInput,
    print,
    printError,
    reportBugsTo: (report) => {
      reportBug = report
    },
  }
  try {
    const run = await command.load()
    return await run(context, args)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    printError(error.message)
    return EXIT.config
  }
}

function tell(error: unknown, isFatal: boolean): void {
  try {
    reportBug(error, isFatal)
  } catch {
    // The log has ended, and with it the redactor: the error's message may hold a secret.
    printError(`a bug, after the end of the log: ${error instanceof Error ? error.name : typeof error}`)
  }
}

function bug(error: unknown): never {
  tell(error, true)
  process.exit(EXIT.bug)
}

// A reader that goes away (`| head`) must not end a sidecar.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
process.on('uncaughtException', bug)
process.on('unhandledRejection', bug)
reportFailuresTo((error) => tell(error, false))
// Without this, the signal opens Node.js's debugger, which shows every token to all who share the network namespace.
process.on('SIGUSR1', () => {})
// Nothing is left to wait for, and the command has not said how it ended: exit code 0 would say that all is well.
process.on('beforeExit', () => bug(new Error('the command came to no end')))
main().then((code) => process.exit(code), bug)
