import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'

const DEADLINE_MS = 10_000
/** A call of gRPC without a message: five bytes say that there is none. */
const EMPTY = Buffer.alloc(5)

const OVER = 'the connection has ended, or the puppet is silent'

/** A bot that keeps one connection, without which it is no more: unlike a gRPC library it never makes another one. */
export class HeldBot {
  readonly #session: ClientHttp2Session

  private constructor(session: ClientHttp2Session) {
    this.#session = session
  }

  /** Resolves when the puppet has answered. */
  static async open(port: number): Promise<HeldBot> {
    const session = connect(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    const bot = new HeldBot(session)
    await bot.call()
    return bot
  }

  /** Asks the puppet for its health; resolves with the status of gRPC, rejects when the connection is no more. */
  async call(): Promise<string> {
    if (this.#session.destroyed) throw new Error(OVER)
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.setTimeout(DEADLINE_MS, () => stream.destroy())
    let status: string | undefined
    stream.once('trailers', (trailers) => {
      status = String(trailers['grpc-status'])
    })
    stream.on('error', () => {})
    const closed = once(stream, 'close')
    stream.resume().end(EMPTY)
    await closed
    if (status === undefined) throw new Error(OVER)
    return status
  }

  close(): void {
    this.#session.destroy()
  }
}
