import { type Command, type Exit, startProgram } from '../../support/child.ts'
import { waitUntil, withDeadline } from '../../support/wait.ts'

/** Slow machines start a Java or Python bot in some seconds; an SDK tries for a while. */
const START_TIMEOUT_MS = 90_000
/** The mock puppet answers a ding after a second. */
const EVENT_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 30_000

/** A bot as a program of its own, which says by lines what becomes of it: test/sdks/README.md. */
export class Bot {
  readonly command: Command

  constructor(
    [file = '', ...args]: readonly string[],
    folder: string,
    env: Readonly<Record<string, string>>,
  ) {
    this.command = startProgram(file, args, { HOME: folder, TMPDIR: folder, ...env }, folder, 'pipe')
  }

  /** The first line, past or future, that matches. */
  line(match: RegExp, timeoutMs = START_TIMEOUT_MS): Promise<string> {
    return this.command.line(match, { timeoutMs })
  }

  /** Waits until the SDK says that it has started. */
  async started(): Promise<void> {
    await this.command.line(/^started$/, { stream: 'stdout', timeoutMs: START_TIMEOUT_MS })
  }

  /** How many events of a name it has got. */
  events(name: string): number {
    return this.command.lines('stdout').filter((line) => line === `event ${name}`).length
  }

  /** Calls the puppet, and waits for the event that follows: the bot has a connection that lives. */
  async ding(timeoutMs = EVENT_TIMEOUT_MS): Promise<void> {
    const before = this.events('dong')
    this.command.input('ding\n')
    await waitUntil(() => this.events('dong') > before, { timeoutMs, what: 'the event dong' }).catch(
      (error) => {
        throw new Error(`${error.message}\n${this.command.output()}`)
      },
    )
  }

  /** Calls the puppet twice a second until an event follows. */
  async dingUntilAnswered(timeoutMs: number): Promise<void> {
    const before = this.events('dong')
    const answered = (): boolean => {
      this.command.input('ding\n')
      return this.events('dong') > before
    }
    const what = 'the bot to be answered again'
    await waitUntil(answered, { timeoutMs, everyMs: 500, what }).catch((error) => {
      throw new Error(`${error.message}\n${this.command.output()}`)
    })
  }

  /** Asks it to stop, and resolves with how it ended. */
  async stop(): Promise<Exit> {
    this.command.input('stop\n')
    return withDeadline(this.command.exit, STOP_TIMEOUT_MS, () => `the bot to stop\n${this.command.output()}`)
  }
}
