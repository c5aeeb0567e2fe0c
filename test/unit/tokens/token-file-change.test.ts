import { describe, expect, it } from 'vitest'
import type { Content, Reading } from '../../../src/tokens/file-content.ts'
import {
  initialTokenFileState,
  nextTokenFile,
  type TokenFileState,
} from '../../../src/tokens/token-file-change.ts'
import { A, B } from './reading.ts'

const source = {
  variable: 'TOKEN_FILE',
  path: '/tokens',
  inline: { variable: 'TOKEN', tokens: [] },
  mark: { digest: 'start', unended: [] },
}

/** A reading of a file with this text; the text stands for its digest. */
function readingOf(text: string): Reading {
  const file = { name: '', bytes: Buffer.from(text), digest: `file: ${text}` }
  return { kind: 'content', content: { files: [file], swapped: false, replaced: false, digest: text } }
}

/** A reading whose content must not be looked at. */
function untouchable(digest: string): Reading {
  const content = {
    digest,
    replaced: false,
    get files(): Content['files'] {
      throw new Error('it was parsed')
    },
    get swapped(): boolean {
      throw new Error('it was parsed')
    },
  }
  return { kind: 'content', content }
}

const missing: Reading = { kind: 'trouble', code: 'FILE_MISSING', message: 'is missing' }
const slow = { kind: 'slow' } as const

/** The kinds of the changes that readings report, one after the other; `-` for none. */
function changesOf(...readings: readonly (Reading | typeof slow)[]): readonly string[] {
  let state: TokenFileState = initialTokenFileState(source)
  return readings.map((reading) => {
    const next = nextTokenFile(state, reading, source)
    state = next.state
    return next.change?.kind ?? '-'
  })
}

const good = readingOf(`${A}\n`)
const bad = readingOf(`"${A}"\n`)
const worse = readingOf(`\n"${A}"\n`)

describe('nextTokenFile', () => {
  it.each<readonly [string, readonly (Reading | typeof slow)[], readonly string[]]>([
    ['nothing while nothing changes', [untouchable('start'), untouchable('start')], ['-', '-']],
    ['a change once', [good, good], ['changed', '-']],
    ['each change', [good, readingOf(`${B}\n`), good], ['changed', 'changed', 'changed']],
    ['a problem once', [missing, missing, missing], ['kept', '-', '-']],
    [
      'that a problem is over',
      [missing, untouchable('start'), untouchable('start')],
      ['kept', 'mended', '-'],
    ],
    ['a change instead of the end of a problem', [missing, good, good], ['kept', 'changed', '-']],
    ['another problem', [missing, bad, worse, missing], ['kept', 'kept', 'kept', 'kept']],
    ['the same problem again after it was over', [bad, good, bad], ['kept', 'changed', 'kept']],
    ['that the content is good again', [good, bad, good], ['changed', 'kept', 'mended']],
    ['once that it is slow', [slow, slow, untouchable('start')], ['kept', '-', 'mended']],
    ['a problem again that slowness had hidden', [bad, slow, bad], ['kept', 'kept', 'kept']],
  ])('reports %s', (_what, readings, wanted) => {
    expect(changesOf(...readings)).toEqual(wanted)
  })

  it('does not parse the same bytes again, neither good nor bad ones', () => {
    const digest = bad.kind === 'content' ? bad.content.digest : ''
    expect(changesOf(bad, untouchable(digest), missing, untouchable(digest))).toEqual([
      'kept',
      '-',
      'kept',
      'kept',
    ])
    expect(() => changesOf(untouchable('new'))).toThrow('it was parsed')
  })
})

it('the state holds nothing of the tokens', () => {
  const first = nextTokenFile(initialTokenFileState(source), readingOf(`${A}\n`), source).state
  const second = nextTokenFile(first, readingOf(`"${B}"\n`), source).state
  const digests = [first.good.digest, second.bad?.digest, ...first.good.unended]
  // In this test, digests are texts.
  const remembered = digests.reduce<string>(
    (text, each) => text.replaceAll(JSON.stringify(each), ''),
    JSON.stringify(second),
  )
  expect(remembered).not.toMatch(/aaaa|bbbb/)
})
