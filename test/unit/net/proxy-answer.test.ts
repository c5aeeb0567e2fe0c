import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ANSWER_MAX_BYTES, ANSWER_MAX_LINES, readConnectAnswer } from '../../../src/net/proxy-answer.ts'

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`

describe("a proxy's answer to CONNECT", () => {
  it.each([
    ['200', head('HTTP/1.1 200 Connection established'), 200],
    ['200 of HTTP/1.0, without a reason', head('HTTP/1.0 200'), 200],
    [
      '200 with header fields that mean nothing',
      head('HTTP/1.1 200 OK', 'content-length: 12', 'transfer-encoding: chunked'),
      200,
    ],
    ['another 2xx', head('HTTP/1.1 204 No Content'), 204],
    ['200 with line feeds alone', 'HTTP/1.1 200 OK\nvia: x\n\n', 200],
    [
      '200 after interim answers',
      head('HTTP/1.1 100 Continue') + head('HTTP/1.1 103 Early Hints', 'link: x') + head('HTTP/1.1 200 OK'),
      200,
    ],
    ['101', head('HTTP/1.1 101 Switching Protocols'), 101],
    [
      '302 with a body',
      `${head('HTTP/1.1 302 Found', 'location: https://elsewhere/', 'content-length: 4')}body`,
      302,
    ],
    ['407', head('HTTP/1.1 407 Proxy Authentication Required'), 407],
    ['503 with a page', `${head('HTTP/1.1 503 Service Unavailable', 'retry-after: 3600')}<html>`, 503],
  ])('%s', (_what, received, status) => {
    expect(readConnectAnswer(received)).toEqual({ kind: 'answered', status })
  })

  it.each([
    ['nothing', ''],
    ['half a version', 'HTT'],
    ['half a line', 'HTTP/1.1 20'],
    ['half a head', 'HTTP/1.1 200 OK\r\nvia: x\r\n'],
    ['an interim answer', head('HTTP/1.1 100 Continue')],
  ])('of which %s has come is not finished', (_what, received) => {
    expect(readConnectAnswer(received)).toEqual({ kind: 'unfinished' })
  })

  it.each([
    ['TLS', '\x15\x03\x01\x00\x02\x02\x46', 'speaks TLS'],
    ['SSH', 'SSH-2.0-OpenSSH', 'no HTTP/1'],
    ['HTTP/2', '\x00\x00\x12\x04\x00', 'no HTTP/1'],
    ['a page alone', '<html>', 'no HTTP/1'],
    ['HTTP/2.0 in words', 'HTTP/2.0 200 OK', 'no HTTP/1'],
    ['no status', head('HTTP/1.1 hello'), 'status line'],
    ['a status that is too long', head('HTTP/1.1 2000 OK'), 'status line'],
    [
      '200 and a page behind it',
      `${head('HTTP/1.1 200 OK', 'content-type: text/html')}<html>`,
      'answered HTTP 200 with a page',
    ],
    [
      '200 and an answer to a question that was not asked',
      head('HTTP/1.1 200 OK') + head('HTTP/1.1 302 Found'),
      'answered HTTP 200 with a page',
    ],
    [
      'endless header fields',
      `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(ANSWER_MAX_LINES)}`,
      'more header lines',
    ],
    [
      'one endless header field',
      `HTTP/1.1 200 OK\r\na: ${'b'.repeat(ANSWER_MAX_BYTES)}`,
      'more header lines',
    ],
    [
      'endless interim answers',
      head('HTTP/1.1 100 Continue').repeat(ANSWER_MAX_LINES / 2),
      'more header lines',
    ],
    [
      'a head that is whole, and too long',
      head('HTTP/1.1 200 OK', `a: ${'b'.repeat(ANSWER_MAX_BYTES)}`),
      'more header lines',
    ],
  ])('that is %s is none', (_what, received, words) => {
    expect(readConnectAnswer(received)).toEqual({ kind: 'invalid', words: expect.stringContaining(words) })
  })

  it('is finished or refused within its bounds, whatever comes, and says nothing of what came', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 ',
        '200',
        ' OK',
        '\r\n',
        '\n',
        '\r',
        ':',
        '302',
        '100 Continue\r\n\r\n',
        'HTTP/1.',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const received = parts.join('')
        const answer = readConnectAnswer(received)
        if (answer.kind === 'invalid') expect(answer.words).toMatch(/^(speaks|sent|answered HTTP 2\d\d) /)
        const endless = readConnectAnswer(received + 'x'.repeat(ANSWER_MAX_BYTES + 1))
        expect(endless.kind).not.toBe('unfinished')
      }),
      { numRuns: 2000 },
    )
  })
})
