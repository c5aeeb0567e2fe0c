import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { endPair, relayedPair } from '../support/relayed-pair.ts'

const BYTES = randomBytes(1024 * 1024)

const checksum = (...parts: readonly Buffer[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

describe('what is carried', () => {
  it('is 100 MB both ways at once without a byte changed', async () => {
    const pair = await relayedPair()
    const { bot, puppet } = pair
    const parts = Array<Buffer>(100).fill(BYTES)
    const send = async (end: typeof bot): Promise<void> => {
      for (const part of parts) await end.write(part)
      end.end()
    }
    await Promise.all([send(bot), send(puppet)])
    expect([await bot.untilTold(), await puppet.untilTold()]).toEqual(['closed', 'closed'])
    expect([bot.checksum(), puppet.checksum()]).toEqual([checksum(...parts), checksum(...parts)])
    endPair(pair)
  })
})
