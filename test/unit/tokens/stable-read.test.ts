import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Reading } from '../../../src/tokens/file-content.ts'
import { type Disk, readStable, systemDisk } from '../../../src/tokens/stable-read.ts'
import { mountSecret } from '../../support/files.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { A, B, C } from './reading.ts'

afterAll(removeTempDirs)

/** The machine's disk, on which something happens just before the bytes of a file are read: the nth time, from 1. */
function diskOn(happens: (time: number, file: string) => void): Disk {
  let times = 0
  return {
    ...systemDisk,
    readFile: (file, most) => {
      times += 1
      happens(times, file)
      return systemDisk.readFile(file, most)
    },
  }
}

/** What was read, as text by name. */
function filesOf(reading: Reading): unknown {
  if (reading.kind !== 'content') return reading.message
  const entries = reading.content.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])
  return Object.fromEntries(entries)
}

describe('readStable', () => {
  it('gives the new version of a mounted Secret that is swapped between two files, not a mixture', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { one: A, two: B })
    const swapping = diskOn((time) => {
      if (time === 2) mountSecret(dir, { one: B, two: A })
    })
    expect(filesOf(await readStable(dir, { disk: swapping }))).toEqual({ one: B, two: A })
  })

  it('reads a folder again at once if a file goes in the middle', async () => {
    const dir = makeTempDir()
    for (const [name, token] of [
      ['a', A],
      ['b', B],
      ['c', C],
    ] as const)
      writeFileSync(join(dir, name), token)
    const leaving = diskOn((time, file) => {
      if (time === 2) rmSync(file)
    })
    expect(filesOf(await readStable(dir, { disk: leaving }))).toEqual({ a: A, c: C })
  })

  it('sorts the files of a folder by name, whatever their order on the disk', async () => {
    const dir = makeTempDir()
    const names = ['a', 'B', 'b', 'ä', 'b-10', 'b-9']
    for (const name of names) writeFileSync(join(dir, name), A)
    const unsorted: Disk = { ...systemDisk, readdir: async () => names }
    expect(Object.keys(filesOf(await readStable(dir, { disk: unsorted })) as object)).toEqual([
      'B',
      'a',
      'b',
      'b-10',
      'b-9',
      'ä',
    ])
  })

  it('reports a file that is gone each time after two readings', async () => {
    const dir = makeTempDir()
    writeFileSync(join(dir, 'a'), A)
    symlinkSync('nowhere', join(dir, 'b'))
    let readings = 0
    const counting = diskOn(() => {
      readings += 1
    })
    expect(filesOf(await readStable(dir, { disk: counting }))).toBe(
      'its file b is gone, or a link that leads nowhere',
    )
    expect(readings).toBe(2)
  })

  it('gives what a file that is being written holds when two readings agree', async () => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, `${A}\n`)
    const writing = diskOn((time) => {
      if (time === 2) writeFileSync(path, `${A}\n${B}\n`)
    })
    expect(filesOf(await readStable(path, { disk: writing }))).toEqual({ '': `${A}\n${B}\n` })
  })

  it('reports a file that is another one each time', async () => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, `${A}\n`)
    const restless = diskOn((time) => writeFileSync(path, `${A}-${time}\n`))
    expect(filesOf(await readStable(path, { disk: restless }))).toMatch(/^changes while it is read/)
  })

  it('rejects with a bug of ours instead of reporting it as an error of the disk', async () => {
    const broken: Disk = { ...systemDisk, stat: async () => undefined as never }
    await expect(readStable('/', { disk: broken })).rejects.toThrow(TypeError)
  })
})

describe('a content that is known', () => {
  it('is read once', async () => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, `${A}\n`)
    let readings = 0
    const counting = diskOn(() => {
      readings += 1
    })
    const first = await readStable(path, { disk: counting })
    expect(readings).toBe(2)
    const digest = first.kind === 'content' ? first.content.digest : ''
    await readStable(path, { disk: counting, isKnown: (each) => each === digest })
    expect(readings).toBe(3)
  })

  it('is recognised by names, bytes and the way it is put in place', async () => {
    const dir = makeTempDir()
    const digestOf = async (path: string): Promise<string> => {
      const reading = await readStable(path)
      return reading.kind === 'content' ? reading.content.digest : reading.message
    }
    const file = join(dir, 'a')
    writeFileSync(file, A)
    const digests = [await digestOf(file), await digestOf(dir)]
    renameSync(file, join(dir, 'b'))
    digests.push(await digestOf(dir))
    writeFileSync(join(dir, 'b'), `${A}\n`)
    digests.push(await digestOf(dir))
    mkdirSync(join(dir, '..data'))
    digests.push(await digestOf(dir))
    expect(new Set(digests).size).toBe(digests.length)
    rmSync(join(dir, '..data'), { recursive: true })
    expect(await digestOf(dir)).toBe(digests[3])
  })
})

it('readStable asks nothing more of the disk after its signal has aborted', async () => {
  const dir = makeTempDir()
  for (const name of ['a', 'b', 'c']) writeFileSync(join(dir, name), A)
  const controller = new AbortController()
  let readings = 0
  const counting = diskOn(() => {
    readings += 1
    controller.abort()
  })
  const reading = readStable(dir, { disk: counting, signal: controller.signal })
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
  expect(readings).toBe(1)
})
