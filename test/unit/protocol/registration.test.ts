import { describe, expect, it } from 'vitest'
import { isRegistrationPath, registrationToken } from '../../../src/protocol/registration.ts'

const PATH = '/v0/websocket'

describe('the path of a registration', () => {
  it.each([
    [PATH, true],
    [`${PATH}/token/x`, true],
    [`${PATH}/token/`, true],
    [`${PATH}/token`, false],
    [`${PATH}/`, false],
    [`${PATH}s`, false],
    ['/V0/websocket', false],
    ['/', false],
    ['', false],
  ])('%s: %s', (path, is) => {
    expect(isRegistrationPath(path)).toBe(is)
  })
})

describe('the token of a registration', () => {
  it.each([
    ['Token abc', PATH, 'abc'],
    ['tOKEN abc', PATH, 'abc'],
    ['Token a b', PATH, undefined],
    ['Token  a', PATH, undefined],
    ['Token ', PATH, undefined],
    ['Token', PATH, undefined],
    ['Bearer abc', PATH, undefined],
    ['XToken abc', PATH, undefined],
    ['', PATH, undefined],
    [undefined, PATH, undefined],
    [undefined, `${PATH}/token/abc`, 'abc'],
    [undefined, `${PATH}/token/a%5Fb`, 'a_b'],
    [undefined, `${PATH}/token/a/b`, 'a/b'],
    [undefined, `${PATH}/token/`, undefined],
    [undefined, '/other/token/abc', undefined],
    ['Token abc', `${PATH}/token/def`, 'abc'],
    ['Basic abc', `${PATH}/token/def`, 'def'],
  ])('%j on %s: %s', (authorization, path, token) => {
    expect(registrationToken(authorization, path)).toBe(token)
  })
})
