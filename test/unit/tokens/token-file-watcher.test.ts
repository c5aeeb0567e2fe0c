import { describe, expect, it } from 'vitest'
import { WATCH_INTERVAL_MS } from '../../../src/lib/file-watcher.ts'
import { markOf } from '../../../src/tokens/file-content.ts'
import { readStable } from '../../../src/tokens/stable-read.ts'
import { SLOW_READING_MS, type TokenFileChange } from '../../../src/tokens/token-file-change.ts'
import { TokenFileWatcher } from '../../../src/tokens/token-file-watcher.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { MemoryDisk, PATH } from './memory-disk.ts'
import { A, B, C } from './reading.ts'

/** A watcher of a file that held one token at the start. */
async function begin({ inline = [] as readonly string[], onChange = () => {} } = {}) {
  const clock = new FakeClock()
  const disk = new MemoryDisk(`${A}\n`)
  const reading = await readStable(PATH, { disk })
  if (reading.kind !== 'content') throw new Error(reading.message)
  const news: TokenFileChange[] = []
  const source = {
    variable: 'TOKEN_FILE',
    path: PATH,
    inline: { variable: 'TOKEN', tokens: inline },
    mark: markOf(reading.content),
  }
  const follower = new TokenFileWatcher({
    source,
    clock,
    disk,
    onChange: (each) => {
      news.push(each)
      onChange()
    },
  })
  disk.readings = 0
  disk.questions = 0
  disk.mostWaiting = 0
  return { clock, disk, news, follower }
}

const changed = (...tokens: readonly string[]): TokenFileChange => ({ kind: 'changed', tokens, warnings: [] })
const kept = (message: string): TokenFileChange => ({
  kind: 'kept',
  problems: [{ variable: 'TOKEN_FILE', message: expect.stringContaining(message) }],
})

describe('a source that is followed', () => {
  it('is read every 10 s, first 10 s after the start', async () => {
    const { clock, disk, news, follower } = await begin()
    expect(WATCH_INTERVAL_MS).toBe(10_000)
    follower.start()
    await clock.advance(9999)
    expect(disk.readings).toBe(0)
    await clock.advance(1)
    expect(disk.readings).toBe(1)
    await clock.advance(30_000)
    expect(disk.readings).toBe(4)
    expect(news).toEqual([])
  })

  it('tells what is new with the next reading', async () => {
    const { clock, disk, news, follower } = await begin()
    follower.start()
    disk.text = `${A}\n${B}\n`
    await clock.advance(9999)
    expect(news).toEqual([])
    await clock.advance(1)
    expect(news).toEqual([changed(A, B)])
    disk.text = `${B}\n`
    await clock.advance(10_000)
    expect(news).toEqual([changed(A, B), changed(B)])
  })

  it('tells the whole set, the tokens beside it first and each once', async () => {
    const { disk, news, follower } = await begin({ inline: [C, A] })
    disk.text = `${B}\n${A}\n`
    await follower.refresh()
    const message = 'holds 1 of the tokens in TOKEN too; each is used once'
    const warnings = [{ variable: 'TOKEN_FILE', message }]
    expect(news).toEqual([{ kind: 'changed', tokens: [C, A, B], warnings }])
  })

  it('is read again 10 s after a reading that was asked for, not sooner', async () => {
    const { clock, disk, follower } = await begin()
    follower.start()
    await clock.advance(9000)
    await follower.refresh()
    await clock.advance(9999)
    expect(disk.readings).toBe(1)
    await clock.advance(1)
    expect(disk.readings).toBe(2)
  })

  it('what is new is read twice in a row, what is known once', async () => {
    const { disk, news, follower } = await begin()
    disk.text = `${B}\n`
    await follower.refresh()
    expect([disk.readings, news.length]).toEqual([2, 1])
    await follower.refresh()
    expect([disk.readings, news.length]).toEqual([3, 1])
  })

  it('is trouble as long as it is: told once, there to be asked for, and gone with a mended file', async () => {
    const { clock, disk, news, follower } = await begin()
    follower.start()
    expect(follower.trouble).toEqual([])
    disk.text = ''
    await clock.advance(30_000)
    expect(news).toEqual([kept('holds no token')])
    expect(follower.trouble).toEqual([{ variable: 'TOKEN_FILE', message: 'holds no token' }])
    disk.text = `${A}\n`
    await clock.advance(30_000)
    expect(news).toEqual([kept('holds no token'), { kind: 'mended' }])
    expect(follower.trouble).toEqual([])
  })
})

describe('asking for a reading', () => {
  it('reads at once, and resolves when what is new has been told', async () => {
    const { clock, disk, news, follower } = await begin()
    follower.start()
    disk.text = `${B}\n`
    await follower.refresh()
    expect(news).toEqual([changed(B)])
    expect(clock.now()).toBe(0)
  })

  it('during a reading makes one more after it, however often it is asked, and never two at once', async () => {
    const { clock, disk, news, follower } = await begin()
    const answer = disk.hang()
    const ended: string[] = []
    const first = follower.refresh().then(() => ended.push('first'))
    const others = [1, 2, 3].map(() => follower.refresh().then(() => ended.push('another')))
    await clock.advance(5000)
    expect([disk.waiting, ended]).toEqual([1, []])
    answer()
    await Promise.all([first, ...others])
    expect(ended).toEqual(['first', 'another', 'another', 'another'])
    expect([disk.readings, disk.mostWaiting, news]).toEqual([2, 1, []])
    await clock.advance(9999)
    expect(disk.readings).toBe(2)
  })

  it('sees what was written after the reading under way had begun', async () => {
    const { clock, disk, news, follower } = await begin()
    const answer = disk.hang('realpath')
    const first = follower.refresh()
    await clock.advance(0)
    // The bytes have been read, the reading has not ended.
    expect([disk.readings, disk.waiting]).toEqual([1, 1])
    disk.text = `${B}\n`
    const second = follower.refresh()
    answer()
    await first
    await second
    expect(news).toEqual([changed(B)])
  })

  it('takes the place of the reading that was due, even if it takes longer than that', async () => {
    const { clock, disk, follower } = await begin()
    follower.start()
    await clock.advance(9000)
    const answer = disk.hang()
    const asked = follower.refresh()
    await clock.advance(2000)
    answer()
    await asked
    await clock.advance(9999)
    expect(disk.readings).toBe(1)
  })

  it('before the start reads too, and a start during it adds none', async () => {
    const { clock, disk, follower } = await begin()
    const answer = disk.hang()
    const asked = follower.refresh()
    await clock.advance(5000)
    follower.start()
    await clock.advance(4000)
    answer()
    await asked
    await clock.advance(9999)
    expect(disk.readings).toBe(1)
    await clock.advance(1)
    expect(disk.readings).toBe(2)
  })

  it('before the start tells what is new, as ever', async () => {
    const { disk, news, follower } = await begin()
    disk.text = `${B}\n`
    await follower.refresh()
    expect(news).toEqual([changed(B)])
  })
})

describe('a disk that does not answer', () => {
  it('is told once, and no other reading begins', async () => {
    const { clock, disk, news, follower } = await begin()
    follower.start()
    disk.hang()
    await clock.advance(WATCH_INTERVAL_MS + SLOW_READING_MS - 1)
    expect(news).toEqual([])
    await clock.advance(1)
    expect(news).toEqual([kept('has been read for more than 10 s')])
    await clock.advance(600_000)
    expect(news).toHaveLength(1)
    expect(disk.mostWaiting).toBe(1)
  })

  it('is mended when it answers', async () => {
    const { clock, disk, news, follower } = await begin()
    follower.start()
    const answer = disk.hang()
    await clock.advance(60_000)
    answer()
    await clock.advance(0)
    expect(news).toEqual([kept('has been read'), { kind: 'mended' }])
    await clock.advance(10_000)
    expect(disk.readings).toBe(2)
  })
})

describe('the end', () => {
  it('in a pause leaves no timer, and nothing is read any more', async () => {
    const { clock, disk, follower } = await begin()
    follower.start()
    await clock.advance(5000)
    follower.stop()
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect(disk.readings).toBe(0)
  })

  it('during a reading is silence: no news of it, no timer, and nobody waits for it', async () => {
    const { clock, disk, news, follower } = await begin()
    const answer = disk.hang()
    const waiting = [follower.refresh(), follower.refresh()]
    await clock.advance(0)
    disk.text = `${B}\n`
    follower.stop()
    await Promise.all(waiting)
    expect(clock.pending).toBe(0)
    answer()
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect([news, disk.questions]).toEqual([[], 1])
  })

  it('by whoever hears the news is silence too', async () => {
    const { clock, disk, news, follower } = await begin({
      onChange: () => follower.stop(),
    })
    follower.start()
    disk.text = `${B}\n`
    await clock.advance(10_000)
    disk.text = `${C}\n`
    await clock.advance(60_000)
    expect([news, clock.pending]).toEqual([[changed(B)], 0])
  })

  it('is for good: neither a start nor a request wakes it', async () => {
    const { clock, disk, follower } = await begin()
    follower.stop()
    follower.start()
    expect(clock.pending).toBe(0)
    await follower.refresh()
    await clock.advance(60_000)
    expect([disk.questions, clock.pending]).toEqual([0, 0])
  })
})
