import { createHash, randomBytes } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { endPair, type Leg, type OuterEnd, type RelayedPair, relayedPair } from './relayed-pair.ts'
import { waitUntil } from './wait.ts'

const MB = 1024 * 1024
const PART = randomBytes(64 * 1024)
/** The system's buffers of two connections hold 8 to 10 MB of what nobody reads; without a bound, a relay that never stops reading would be given more and more. */
const MOST_BYTES = 64 * MB

/** An end that writes as much as is taken, until it is told to stop. */
class Flood {
  #stopped = false
  #parts = 0
  readonly #over: Promise<void>

  constructor(end: OuterEnd) {
    this.#over = this.#write(end).catch(() => {})
  }

  async #write(end: OuterEnd): Promise<void> {
    while (!this.#stopped && this.#parts * PART.length < MOST_BYTES) {
      this.#parts += 1
      await end.write(PART)
    }
  }

  /** Resolves with the checksum of all that it has written, when the last part of it is taken. */
  async stop(): Promise<string> {
    this.#stopped = true
    await this.#over
    const hash = createHash('sha256')
    for (let part = 0; part < this.#parts; part += 1) hash.update(PART)
    return hash.digest('hex')
  }
}

/** Resolves when an end that floods can write no more: the relay is held up by the other one. */
async function untilHeldUp({ socket }: OuterEnd): Promise<void> {
  let last = -1
  let looks = 0
  await waitUntil(
    () => {
      looks = socket.bytesWritten === last ? looks + 1 : 0
      last = socket.bytesWritten
      return looks === 4
    },
    { timeoutMs: 20_000, what: 'an end to be held up' },
  )
}

/** The rules of a relay of which one end does not read. */
export function itHoldsUp(toBot: Leg, toPuppet: Leg): void {
  const pairs: RelayedPair[] = []
  const start = async (): Promise<RelayedPair> => {
    const pair = await relayedPair(toBot, toPuppet)
    pairs.push(pair)
    return pair
  }
  afterEach(() => pairs.splice(0).forEach(endPair))

  it.each(['bot', 'puppet'] as const)(
    'a %s that does not read holds the other up, and loses nothing when it goes on',
    async (slow) => {
      const pair = await start()
      const [reader, writer] = slow === 'bot' ? [pair.bot, pair.puppet] : [pair.puppet, pair.bot]
      const [to, from] =
        slow === 'bot' ? [pair.inner.bot, pair.inner.puppet] : [pair.inner.puppet, pair.inner.bot]
      reader.socket.pause()
      const flood = new Flood(writer)
      await untilHeldUp(writer)
      expect(to.socket.writableLength + from.socket.readableLength).toBeLessThan(MB)
      expect(writer.socket.writableLength).toBeGreaterThan(0)
      reader.socket.resume()
      const sent = await flood.stop()
      writer.end()
      expect(await reader.untilTold()).toBe('closed')
      expect(reader.checksum()).toBe(sent)
    },
  )

  it('a puppet that is killed with unread bytes is told as a reset', async () => {
    const { bot, puppet, result } = await start()
    puppet.socket.pause()
    puppet.tcp.pause()
    new Flood(bot)
    await untilHeldUp(bot)
    puppet.tcp.destroy()
    expect(await bot.untilTold()).toBe('reset')
    expect((await result).ending).toBe('reset')
  })

  it('a puppet that dies while the bot does not read is told when the bot reads on', async () => {
    const { bot, puppet, result } = await start()
    bot.socket.pause()
    new Flood(puppet)
    await untilHeldUp(puppet)
    puppet.reset()
    bot.socket.resume()
    expect(await bot.untilTold()).toBe('reset')
    expect(await result).toEqual({ by: 'puppet', ending: 'reset' })
  })

  it('a bot that does not read and dies is told to the puppet that waits for it', async () => {
    const { bot, puppet, result } = await start()
    bot.socket.pause()
    new Flood(puppet)
    await untilHeldUp(puppet)
    bot.reset()
    expect(await puppet.untilTold()).toBe('reset')
    expect(await result).toEqual({ by: 'bot', ending: 'reset' })
  })
}
