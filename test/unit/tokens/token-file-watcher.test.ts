import { describe, expect, it } from 'vitest'
import { WATCH_INTERVAL_MS } from '../../../src/lib/file-watcher.ts'
import { markOf } from '../../../src/tokens/file-content.ts'
import { type Disk, readStable } from '../../../src/tokens/stable-read.ts'
import { SLOW_READING_MS, type TokenFileChange } from '../../../src/tokens/token-file-change.ts'
import { TokenFileWatcher } from '../../../src/tokens/token-file-watcher.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { MemoryDisk, PATH } from './memory-disk.ts'
import { A, B, C } from './reading.ts'

/** A watcher of a file that held one token at the start. */
async function startWatcher({ inline = [] as readonly string[], onChange = () => {} } = {}) {
  const clock = new FakeClock()
  const disk = new MemoryDisk(`${A}\n`)
  const reading = await readStable(PATH, { disk })
  if (reading.kind !== 'content') throw new Error(reading.message)
  const changes: TokenFileChange[] = []
  const source = {
    variable: 'TOKEN_FILE',
    path: PATH,
    inline: { variable: 'TOKEN', tokens: inline },
    mark: markOf(reading.content),
  }
  const watcher = new TokenFileWatcher({
    source,
    clock,
    disk,
    onChange: (each) => {
      changes.push(each)
      onChange()
    },
  })
  disk.readings = 0
  disk.questions = 0
  disk.mostWaiting = 0
  return { clock, disk, changes, watcher }
}

const changed = (...tokens: readonly string[]): TokenFileChange => ({ kind: 'changed', tokens, warnings: [] })
const kept = (message: string): TokenFileChange => ({
  kind: 'kept',
  problems: [{ code: expect.any(String), variable: 'TOKEN_FILE', message: expect.stringContaining(message) }],
})

describe('a source that is watched', () => {
  it('is read every 10 s, first 10 s after the start', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    expect(WATCH_INTERVAL_MS).toBe(10_000)
    watcher.start()
    await clock.advance(9999)
    expect(disk.readings).toBe(0)
    await clock.advance(1)
    expect(disk.readings).toBe(1)
    await clock.advance(30_000)
    expect(disk.readings).toBe(4)
    expect(changes).toEqual([])
  })

  it('reports a change with the next reading', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    watcher.start()
    disk.text = `${A}\n${B}\n`
    await clock.advance(9999)
    expect(changes).toEqual([])
    await clock.advance(1)
    expect(changes).toEqual([changed(A, B)])
    disk.text = `${B}\n`
    await clock.advance(10_000)
    expect(changes).toEqual([changed(A, B), changed(B)])
  })

  it('reports the whole set, the tokens of the variable first and each once', async () => {
    const { disk, changes, watcher } = await startWatcher({ inline: [C, A] })
    disk.text = `${B}\n${A}\n`
    await watcher.refresh()
    const message = 'holds 1 of the tokens in TOKEN too; each is used once'
    const warnings = [{ code: 'TOKEN_REPEATED' as const, variable: 'TOKEN_FILE', message }]
    expect(changes).toEqual([{ kind: 'changed', tokens: [C, A, B], warnings }])
  })

  it('is read again 10 s after a requested reading, not sooner', async () => {
    const { clock, disk, watcher } = await startWatcher()
    watcher.start()
    await clock.advance(9000)
    await watcher.refresh()
    await clock.advance(9999)
    expect(disk.readings).toBe(1)
    await clock.advance(1)
    expect(disk.readings).toBe(2)
  })

  it('is read twice in a row if its content is new, and once if it is known', async () => {
    const { disk, changes, watcher } = await startWatcher()
    disk.text = `${B}\n`
    await watcher.refresh()
    expect([disk.readings, changes.length]).toEqual([2, 1])
    await watcher.refresh()
    expect([disk.readings, changes.length]).toEqual([3, 1])
  })

  it('keeps its problems as long as they last, and reports them once', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    watcher.start()
    expect(watcher.trouble).toEqual([])
    disk.text = ''
    await clock.advance(30_000)
    expect(changes).toEqual([kept('holds no token')])
    expect(watcher.trouble).toEqual([
      { code: 'TOKEN_MISSING', variable: 'TOKEN_FILE', message: 'holds no token' },
    ])
    disk.text = `${A}\n`
    await clock.advance(30_000)
    expect(changes).toEqual([kept('holds no token'), { kind: 'mended' }])
    expect(watcher.trouble).toEqual([])
  })
})

describe('a requested reading', () => {
  it('begins at once, and resolves when the change has been reported', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    watcher.start()
    disk.text = `${B}\n`
    await watcher.refresh()
    expect(changes).toEqual([changed(B)])
    expect(clock.now()).toBe(0)
  })

  it('follows the one under way, once however often it is requested, and never two at once', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    const answer = disk.hang()
    const ended: string[] = []
    const first = watcher.refresh().then(() => ended.push('first'))
    const others = [1, 2, 3].map(() => watcher.refresh().then(() => ended.push('another')))
    await clock.advance(5000)
    expect([disk.waiting, ended]).toEqual([1, []])
    answer()
    await Promise.all([first, ...others])
    expect(ended).toEqual(['first', 'another', 'another', 'another'])
    expect([disk.readings, disk.mostWaiting, changes]).toEqual([2, 1, []])
    await clock.advance(9999)
    expect(disk.readings).toBe(2)
  })

  it('sees what was written after the reading under way had begun', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    const answer = disk.hang('realpath')
    const first = watcher.refresh()
    await clock.advance(0)
    // The bytes have been read, the reading has not ended.
    expect([disk.readings, disk.waiting]).toEqual([1, 1])
    disk.text = `${B}\n`
    const second = watcher.refresh()
    answer()
    await first
    await second
    expect(changes).toEqual([changed(B)])
  })

  it('replaces the reading that was due, even if it takes longer than that', async () => {
    const { clock, disk, watcher } = await startWatcher()
    watcher.start()
    await clock.advance(9000)
    const answer = disk.hang()
    const asked = watcher.refresh()
    await clock.advance(2000)
    answer()
    await asked
    await clock.advance(9999)
    expect(disk.readings).toBe(1)
  })

  it('happens before the start too, and a start during it adds none', async () => {
    const { clock, disk, watcher } = await startWatcher()
    const answer = disk.hang()
    const asked = watcher.refresh()
    await clock.advance(5000)
    watcher.start()
    await clock.advance(4000)
    answer()
    await asked
    await clock.advance(9999)
    expect(disk.readings).toBe(1)
    await clock.advance(1)
    expect(disk.readings).toBe(2)
  })

  it('reports a change before the start too', async () => {
    const { disk, changes, watcher } = await startWatcher()
    disk.text = `${B}\n`
    await watcher.refresh()
    expect(changes).toEqual([changed(B)])
  })
})

describe('a folder of many files', () => {
  it('is read less often: each file makes the pause 4 ms longer where that is more than 10 s', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `file-${index}`)
    let readings = 0
    const disk: Disk = {
      stat: async (path) => {
        const isFolder = path === '/folder'
        return { isFile: () => !isFolder, isDirectory: () => isFolder, size: 20, nlink: 1 }
      },
      readdir: async () => {
        readings += 1
        return names
      },
      realpath: async (path) => path,
      readFile: async (file) => Buffer.from(`insecure_${file.slice('/folder/'.length)}\n`),
    }
    const clock = new FakeClock()
    const changes: TokenFileChange[] = []
    const source = {
      variable: 'X',
      path: '/folder',
      inline: { variable: 'Y', tokens: [] },
      mark: { digest: '', unended: [] },
    }
    const watcher = new TokenFileWatcher({
      source,
      clock,
      disk,
      onChange: (change) => void changes.push(change),
    })
    await watcher.refresh()
    expect([readings, changes.length]).toEqual([2, 1])
    await clock.advance(39_999)
    expect(readings).toBe(2)
    await clock.advance(1)
    expect(readings).toBe(3)
    watcher.stop()
  })
})

describe('a disk that does not answer', () => {
  it('is reported once, and no other reading begins', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    watcher.start()
    disk.hang()
    await clock.advance(WATCH_INTERVAL_MS + SLOW_READING_MS - 1)
    expect(changes).toEqual([])
    await clock.advance(1)
    expect(changes).toEqual([kept('has been read for more than 10 s')])
    await clock.advance(600_000)
    expect(changes).toHaveLength(1)
    expect(disk.mostWaiting).toBe(1)
  })

  it('is reported as recovered when it answers', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    watcher.start()
    const answer = disk.hang()
    await clock.advance(60_000)
    answer()
    await clock.advance(0)
    expect(changes).toEqual([kept('has been read'), { kind: 'mended' }])
    await clock.advance(10_000)
    expect(disk.readings).toBe(2)
  })
})

describe('a stopped watcher', () => {
  it('leaves no timer in a pause, and reads nothing any more', async () => {
    const { clock, disk, watcher } = await startWatcher()
    watcher.start()
    await clock.advance(5000)
    watcher.stop()
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect(disk.readings).toBe(0)
  })

  it('reports nothing of a reading under way, leaves no timer, and nobody waits for it', async () => {
    const { clock, disk, changes, watcher } = await startWatcher()
    const answer = disk.hang()
    const waiting = [watcher.refresh(), watcher.refresh()]
    await clock.advance(0)
    disk.text = `${B}\n`
    watcher.stop()
    await Promise.all(waiting)
    expect(clock.pending).toBe(0)
    answer()
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect([changes, disk.questions]).toEqual([[], 1])
  })

  it('reports nothing either if the listener has stopped it', async () => {
    const { clock, disk, changes, watcher } = await startWatcher({
      onChange: () => watcher.stop(),
    })
    watcher.start()
    disk.text = `${B}\n`
    await clock.advance(10_000)
    disk.text = `${C}\n`
    await clock.advance(60_000)
    expect([changes, clock.pending]).toEqual([[changed(B)], 0])
  })

  it('is stopped for good: neither a start nor a request wakes it', async () => {
    const { clock, disk, watcher } = await startWatcher()
    watcher.stop()
    watcher.start()
    expect(clock.pending).toBe(0)
    await watcher.refresh()
    await clock.advance(60_000)
    expect([disk.questions, clock.pending]).toEqual([0, 0])
  })
})
