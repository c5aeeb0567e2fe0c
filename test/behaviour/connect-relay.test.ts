import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { itHoldsUp } from '../support/held-up-relay.ts'
import { endPair, type Leg, type RelayedPair, relayedPair } from '../support/relayed-pair.ts'
import { withDeadline } from '../support/wait.ts'

const MB = 1024 * 1024
const BYTES = randomBytes(MB)

const pairs: RelayedPair[] = []
const pairOf = async (toBot: Leg, toPuppet: Leg): Promise<RelayedPair> => {
  const pair = await relayedPair(toBot, toPuppet)
  pairs.push(pair)
  return pair
}
afterEach(() => pairs.splice(0).forEach(endPair))

const checksum = (...parts: readonly Buffer[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

describe.each([
  ['plaintext', 'plaintext'],
  ['TLS', 'plaintext'],
  ['plaintext', 'TLS'],
  ['TLS', 'TLS'],
] as const)('%s to the bot and %s to the puppet:', (toBot, toPuppet) => {
  it('bytes go both ways at once, and arrive as they were sent', async () => {
    const { bot, puppet, result } = await pairOf(toBot, toPuppet)
    await Promise.all([bot.write(BYTES), puppet.write(BYTES.subarray(MB / 2))])
    bot.end()
    puppet.end()
    expect([await bot.untilTold(), await puppet.untilTold()]).toEqual(['closed', 'closed'])
    expect([puppet.checksum(), bot.checksum()]).toEqual([checksum(BYTES), checksum(BYTES.subarray(MB / 2))])
    expect((await result).ending).toBe('closed')
  })

  it('an end that is closed one way is still sent to', async () => {
    const { bot, puppet, result } = await pairOf(toBot, toPuppet)
    bot.socket.write('question')
    bot.end()
    expect(await puppet.untilTold()).toBe('closed')
    expect(bot.told).toBeUndefined()
    await puppet.write(BYTES)
    puppet.end()
    expect(await bot.untilTold()).toBe('closed')
    expect(bot.checksum()).toBe(checksum(BYTES))
    expect(await result).toEqual({ by: 'bot', ending: 'closed' })
  })

  it('the puppet may close first, and the bot go on', async () => {
    const { bot, puppet, result } = await pairOf(toBot, toPuppet)
    puppet.socket.write('goodbye')
    puppet.end()
    expect(await bot.untilTold()).toBe('closed')
    await bot.write(BYTES)
    bot.end()
    expect(await puppet.untilTold()).toBe('closed')
    expect(puppet.checksum()).toBe(checksum(BYTES))
    expect(await result).toEqual({ by: 'puppet', ending: 'closed' })
  })

  it.each(['bot', 'puppet'] as const)('a reset of the %s is told as a reset', async (by) => {
    const pair = await pairOf(toBot, toPuppet)
    pair[by].socket.write('x')
    const other = by === 'bot' ? pair.puppet : pair.bot
    await other.untilReceived(1)
    pair[by].reset()
    expect(await other.untilTold()).toBe('reset')
    expect(await pair.result).toEqual({ by, ending: 'reset' })
  })

  it.each(['bot', 'puppet'] as const)(
    'a reset of the %s right behind its data is told as a reset, and never as an orderly end',
    async (by) => {
      const pair = await pairOf(toBot, toPuppet)
      const other = by === 'bot' ? pair.puppet : pair.bot
      pair[by].socket.write(BYTES.subarray(0, 100_000))
      pair[by].reset()
      expect(await other.untilTold()).toBe('reset')
      expect(await pair.result).toEqual({ by, ending: 'reset' })
    },
  )

  it('chunks of one byte arrive in their order', async () => {
    const { bot, puppet } = await pairOf(toBot, toPuppet)
    const few = BYTES.subarray(0, 3000)
    await Promise.all([bot.write(few, 1), puppet.write(few, 1)])
    await Promise.all([bot.untilReceived(few.length), puppet.untilReceived(few.length)])
    expect([bot.checksum(), puppet.checksum()]).toEqual([checksum(few), checksum(few)])
  })

  it('a reset that comes while an end is being told leaves no socket behind', async () => {
    const pair = await pairOf(toBot, toPuppet)
    pair.puppet.end()
    await new Promise<void>((resolve) => pair.inner.puppet.socket.once('end', resolve))
    await new Promise((resolve) => setImmediate(resolve))
    pair.inner.puppet.tcp.destroy()
    await withDeadline(pair.result, 5000, () => 'the relay to be over')
    expect(pair.inner.bot.tcp.destroyed).toBe(true)
  })

  it("a reset that comes together with the other side's end leaves no socket behind", async () => {
    const pair = await pairOf(toBot, toPuppet)
    pair.bot.socket.write(BYTES.subarray(0, 9))
    pair.bot.reset()
    pair.puppet.end()
    await withDeadline(pair.result, 5000, () => 'the relay to be over')
    expect(pair.inner.puppet.tcp.destroyed).toBe(true)
  })
})

// The other two ways take their time, and are in test/connect.
describe.each([
  ['plaintext', 'plaintext'],
  ['TLS', 'TLS'],
] as const)('%s to the bot and %s to the puppet, of which one does not read:', itHoldsUp)

describe('a TLS end that closes', () => {
  it('without a close_notify is told as closed: it has sent a FIN', async () => {
    const { bot, puppet } = await pairOf('plaintext', 'TLS')
    await puppet.write(BYTES)
    await bot.untilReceived(BYTES.length)
    // The TCP connection alone, as a process that is killed does.
    puppet.tcp.destroy()
    expect(await bot.untilTold()).toBe('closed')
  })
})
