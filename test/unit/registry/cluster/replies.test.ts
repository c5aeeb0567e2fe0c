import { describe, expect, it } from 'vitest'
import type { TokenReply } from '../../../../src/registry/cluster/messages.ts'
import { Replies } from '../../../../src/registry/cluster/replies.ts'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(16)) as [string, string, string]
const refused = (node: string, number: number) =>
  ({ kind: 'answer', node, number, result: 'refused', reason: node }) as const
const unusable = (node: string, number: number) =>
  ({ kind: 'answer', node, number, result: 'unusable', reason: node }) as const
const asking = (node: string, number: number) => ({ kind: 'asking', node, number }) as const
const moved = (node: string, number = 0) => ({ kind: 'moved', node, number }) as const
const none = (node: string) => ({ kind: 'none', node }) as const

describe('what several nodes have said', () => {
  it.each<[string, readonly TokenReply[], TokenReply | string | undefined]>([
    ['nothing, if nobody has', [], undefined],
    ['the answer of the highest claim', [refused(A, 1), refused(B, 3), refused(C, 2)], refused(B, 3)],
    ['of two equal claims that of the higher node', [refused(B, 1), refused(A, 1)], refused(B, 1)],
    ['that a higher claim will follow', [refused(A, 1), asking(B, 2)], 'asking'],
    ['the answer, if only a lower claim will follow', [refused(A, 3), asking(B, 2)], refused(A, 3)],
    [
      'an older registrant, if the newest one cannot say where its puppet is',
      [unusable(A, 3), refused(B, 2)],
      refused(B, 2),
    ],
    ['that one will follow that may say it', [unusable(A, 3), asking(B, 2)], 'asking'],
    ['the highest of those that cannot say it', [unusable(A, 2), unusable(B, 3)], unusable(B, 3)],
    ['that the token has moved, if nobody has it', [moved(A), moved(B)], 'moved'],
    ['the answer of another one than that from which it has moved', [moved(A), refused(B, 1)], refused(B, 1)],
    [
      'that all have to be asked again, if one has given way to another claim',
      [moved(A, 3), refused(B, 2)],
      'moved',
    ],
    ['the answer of one that another has given way to', [moved(A, 2), refused(B, 2)], refused(B, 2)],
    ['the answer of another one than that which has none', [none(A), refused(B, 2)], refused(B, 2)],
    ['none, if no registrant can be found', [none(A)], 'none'],
    ['nobody any more whom one waited for', [asking(A, 2), moved(A)], 'moved'],
    [
      'that all have to be asked again, if the newest one could not be asked',
      [asking(A, 2), refused(B, 1), moved(A, 2)],
      'moved',
    ],
    [
      'the answer, if an older one could not be asked',
      [asking(A, 1), moved(A, 1), refused(B, 2)],
      refused(B, 2),
    ],
    ['what a node has said last', [asking(A, 2), refused(A, 1)], refused(A, 1)],
  ])('is %s', (_, said, best) => {
    const replies = new Replies()
    for (const reply of said) replies.add(reply)
    expect(replies.best).toEqual(best)
  })
})
