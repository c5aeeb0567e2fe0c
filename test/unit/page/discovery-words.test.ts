import { expect, test } from 'vitest'
import { countsWords } from '../../../src/page/sidecar/discovery-words.ts'

const NONE = {
  total: 3,
  registered: 0,
  connecting: 0,
  waiting: 0,
  refused: 0,
  idle: 0,
  verified: 0,
  misled: 0,
}

test('says of one token what it says of several in the singular', () => {
  expect(countsWords({ ...NONE, registered: 3, verified: 1, misled: 1 })).toBe(
    'clients of 1 token are led here, of 1 elsewhere or nowhere, 1 is not looked up yet',
  )
  expect(countsWords({ ...NONE, registered: 9, verified: 5, misled: 2 })).toBe(
    'clients of 5 tokens are led here, of 2 elsewhere or nowhere, 2 are not looked up yet',
  )
})
