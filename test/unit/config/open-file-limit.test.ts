import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { openFileLimit, roomForConnections, tooFewOpenFiles } from '../../../src/config/open-file-limit.ts'

describe('the limit of open files', () => {
  it.runIf(process.platform === 'linux')('is the one that this process has', () => {
    // A child inherits it, and the shell says it in its own way.
    const told = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    expect(openFileLimit()).toBe(told === 'unlimited' ? undefined : Number(told))
  })

  it.skipIf(process.platform === 'linux')('is not known elsewhere', () => {
    expect(openFileLimit()).toBeUndefined()
  })
})

describe('the room for connections', () => {
  it.each([
    [1024, 896],
    [10_128, 10_000],
    // A small limit is shared evenly.
    [200, 100],
    [16, 8],
    [1, 0],
    [undefined, Number.POSITIVE_INFINITY],
  ])('is, with a limit of %s: %s', (limit, room) => {
    expect(roomForConnections(limit)).toBe(room)
  })

  it('is just enough exactly where there is no warning of too few', () => {
    for (const limit of [129, 200, 1024, 65_536]) {
      const room = roomForConnections(limit)
      expect(tooFewOpenFiles(room, limit)).toBeUndefined()
      expect(tooFewOpenFiles(room + 1, limit)).toContain(`${room} can be registered at a time`)
    }
  })
})

describe('too few open files', () => {
  it.each([
    [1, 1024],
    [896, 1024],
    [10_000, 10_128],
    [10_000, 1_048_576],
    [8, 16],
  ])('are no trouble of %i tokens that may open %i', (tokens, limit) => {
    expect(tooFewOpenFiles(tokens, limit)).toBeUndefined()
  })

  it('are no trouble where no limit is known or set', () => {
    expect(tooFewOpenFiles(1_000_000, undefined)).toBeUndefined()
  })

  it.each([
    [897, 1024, 1025],
    [10_000, 1024, 10_128],
    [10_000, 10_127, 10_128],
    [9, 16, 137],
  ])(
    'of %i tokens that may open %i: %i are needed, and both remedies are named with it',
    (tokens, limit, needed) => {
      const words = tooFewOpenFiles(tokens, limit) ?? ''
      expect(words).toContain(`${tokens} tokens need ${needed} open files`)
      expect(words).toContain(`only ${limit} are allowed`)
      expect(words).toContain(`ulimit -n ${needed}`)
      expect(words).toContain(`--ulimit nofile=${needed}`)
    },
  )
})
