import { constants, createServer as createHttp2, type ServerHttp2Stream } from 'node:http2'
import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import type { ProbeResult } from '../../src/sidecar/events.ts'
import { HEALTH_CHECK } from '../../src/sidecar/probe/grpc-health.ts'
import type { GrpcProbe } from '../../src/sidecar/probe/grpc-probe.ts'
import { Prober } from '../../src/sidecar/probe/prober.ts'
import {
  type Answer,
  type AnsweringPuppet,
  answerWith,
  healthOf,
  httpAnswer,
  startAnsweringPuppet,
  statusOnly,
} from '../support/answering-puppet.ts'
import { plain, text } from '../support/documentation.ts'
import { freePort } from '../support/free-port.ts'
import { endProbes, grpcProbe, serve } from '../support/probe-harness.ts'

const VERSION = '/wechaty.Puppet/Version'
const page = text('docs/probe.md')

/** The rows of the table below a heading, without marks. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const lines = section.split('\n## ')[0]?.split('\n') ?? []
  const rows = lines.filter((line) => line.startsWith('|')).slice(2)
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => plain(cell).trim()),
  )
}

/** What a row of the tables names, as servers do it: each in one way or in several. */
function answersOf(row: string): readonly Answer[] {
  const known = ANSWERS[row]
  if (known !== undefined) return known
  const [, code] = /^(\d+) [A-Z_]+$/.exec(row) ?? []
  if (code !== undefined) return [statusOnly(code), answerWith(Buffer.alloc(0), code), nginxPage(code)]
  const [, status] = /^no grpc-status, HTTP (\d+)$/.exec(row) ?? []
  if (status === undefined) throw new Error(`no server for the row "${row}"`)
  return [
    httpAnswer(Number(status)),
    httpAnswer(Number(status), 'text/plain', ''),
    httpAnswer(Number(status), 'application/grpc', ''),
  ]
}

/** nginx's error page for gRPC: HTTP 204 without a content type. */
const nginxPage =
  (code: string): Answer =>
  (stream) =>
    stream.respond({ ':status': 204, 'grpc-status': code }, { endStream: true })

const ANSWERS: Readonly<Record<string, readonly Answer[]>> = {
  '0 OK with SERVING': [healthOf(1)],
  '0 OK with UNKNOWN': [healthOf(0)],
  '0 OK with NOT_SERVING': [healthOf(2)],
  '0 OK with SERVICE_UNKNOWN': [healthOf(3)],
  '0 OK with a message that cannot be read': [
    statusOnly(0),
    answerWith(Buffer.from('<html>')),
    answerWith(Buffer.from([1, 0, 0, 0, 2, 8, 1]), 0, { 'grpc-encoding': 'snappy' }),
  ],
  'any other code from 0 to 16': [1, 2, 3, 5, 6, 9, 10, 11, 13, 15].map((code) => statusOnly(code)),
  'a grpc-status that is no code from 0 to 16': [
    '17',
    '-1',
    '1e1',
    '',
    'OK',
    '14, 0',
    '9'.repeat(400),
  ].flatMap((code) => [statusOnly(code), answerWith(Buffer.alloc(0), code)]),
  'no grpc-status, HTTP 200, application/grpc': [
    httpAnswer(200, 'application/grpc', ''),
    httpAnswer(200, 'application/grpc+proto', 'hello'),
  ],
  'no grpc-status, HTTP 200, another content type': [
    httpAnswer(200),
    httpAnswer(200, 'application/grpc-web', ''),
  ],
  'the call is reset before its headers': [
    (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
    (stream) => stream.close(constants.NGHTTP2_CANCEL),
  ],
  'the call is reset after its headers': [
    (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
      setImmediate(() => stream.destroy(new Error('broken')))
    },
  ],
  'the call ends without headers': [(stream) => stream.close(constants.NGHTTP2_NO_ERROR)],
  'an answer of more than 64 KiB': [answerWith(Buffer.alloc(100_000))],
  'the connection is reset during the call': [(stream) => stream.session?.destroy()],
  'GOAWAY after the answer': [
    (stream, call) => {
      healthOf(1)(stream, call)
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR)
    },
  ],
  'GOAWAY instead of the answer': [constants.NGHTTP2_ENHANCE_YOUR_CALM, constants.NGHTTP2_INTERNAL_ERROR].map(
    (code) => (stream: ServerHttp2Stream) => stream.session?.goaway(code),
  ),
  silence: [() => {}],
}

const running: AnsweringPuppet[] = []
afterEach(async () => {
  await endProbes()
  for (const puppet of running.splice(0)) await puppet.stop()
})

/** What the prober makes of one probe. */
function firstResult(probe: GrpcProbe, timeoutMs = 10_000): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const prober = new Prober({
      probe,
      clock: systemClock,
      timeoutMs,
      wakeIntervalMs: 1000,
      onResult: (found) => {
        resolve(found)
        prober.stop()
        return 60_000
      },
    })
    prober.start()
  })
}

/** One probe's result as the tables write it, and which calls were made. */
async function probed(
  answers: Readonly<Record<string, Answer>>,
  wants: 'answer' | 'serving',
): Promise<{ cell: string; calls: readonly string[]; result: ProbeResult }> {
  const puppet = await startAnsweringPuppet(answers)
  running.push(puppet)
  const probe = grpcProbe(puppet.port, { tls: 'off', wants })
  const isSilent = Object.values(answers).includes(ANSWERS.silence?.[0] as Answer)
  const result = await firstResult(probe, isSilent ? 300 : 10_000)
  const codes = result.ok ? ['life', ...(result.warnings ?? []).map(({ code }) => code)] : [result.code]
  return { cell: codes.join(', '), calls: puppet.calls.map(({ path }) => path), result }
}

describe('the table of answers to the health check in docs/probe.md', () => {
  const rows = rowsBelow('Answers to the health check')

  it('has a row for each gRPC status, and for each kind of answer without one', () => {
    const names = rows.map(([name = '']) => name)
    for (let code = 0; code <= 16; code += 1)
      expect(
        names.some((name) => name.startsWith(`${code} `)),
        `status ${code}`,
      ).toBe(true)
    expect(names).toEqual(
      expect.arrayContaining(Object.keys(ANSWERS).filter((name) => !/^any other/.test(name))),
    )
  })

  it.each(rows)(
    '%s (%s): %s with grpc, %s with serving',
    async (name = '', _means, grpc = '', serving = '') => {
      for (const answer of answersOf(name)) {
        const asked = await probed({ [HEALTH_CHECK]: answer, [VERSION]: statusOnly(16) }, 'answer')
        const asksVersion = grpc === 'Version is asked'
        expect(asked.cell, JSON.stringify(asked.result)).toBe(asksVersion ? 'life' : grpc)
        expect(asked.calls.includes(VERSION)).toBe(asksVersion)
        const wanted = await probed({ [HEALTH_CHECK]: answer, [VERSION]: statusOnly(16) }, 'serving')
        expect(wanted.cell, JSON.stringify(wanted.result)).toBe(serving)
        expect(wanted.calls).not.toContain(VERSION)
      }
    },
  )
})

describe('the table of answers to Version in docs/probe.md', () => {
  it.each(rowsBelow('Answers to Version'))('%s (%s): %s', async (name = '', _means, result = '') => {
    for (const answer of answersOf(name === '0 OK' ? '0 OK with SERVING' : name)) {
      for (const health of [statusOnly(12), httpAnswer(404)]) {
        const found = await probed({ [HEALTH_CHECK]: health, [VERSION]: answer }, 'answer')
        expect(found.cell, JSON.stringify(found.result)).toBe(result)
        if (found.result.ok) expect(found.result.health).toBe('UNIMPLEMENTED')
      }
    }
  })
})

describe('the tables of what comes before a call in docs/probe.md', () => {
  /** A TLS server that answers every handshake, and every other greeting, with a fatal alert. */
  const alert =
    (number: number) =>
    (socket: Socket): void => {
      socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, number])))
    }
  const SERVERS: Readonly<Record<string, readonly ((socket: Socket) => void)[]>> = {
    'the connection is closed at once': [(socket) => socket.end()],
    'the connection is reset at once': [(socket) => socket.resetAndDestroy()],
    'HTTP/1.1': [(socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    'something else that talks first': [(socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
    'silence after TCP': [() => {}],
    'TLS alert any other': [10, 47, 50, 51, 90, 109, 255].map(alert),
  }

  const rows = rowsBelow('Before there is a call')
  const alerts = rowsBelow('TLS alerts').map(([name, ...others]) => [`TLS alert ${name}`, ...others])

  it.each([...rows.filter(([name = '']) => !/name|route|refused|GOAWAY|TLS/.test(name)), ...alerts])(
    '%s (%s): %s',
    async (name = '', _means, result = '') => {
      const [, number] = /^TLS alert (\d+) /.exec(name) ?? []
      for (const serveOne of number === undefined ? (SERVERS[name] ?? []) : [alert(Number(number))]) {
        const port = await serve(createServer(serveOne))
        const found = await firstResult(grpcProbe(port), result === 'PUPPET_SILENT' ? 300 : 10_000)
        expect(result.split(' or '), JSON.stringify(found)).toContain(!found.ok && found.code)
      }
      expect(number ?? SERVERS[name], `no server for the row "${name}"`).toBeDefined()
    },
  )

  it('the connection is refused, and GOAWAY before the call', async () => {
    const refused = await firstResult(grpcProbe(await freePort()))
    expect(refused).toMatchObject({ kind: 'refused', code: 'PUPPET_REFUSED' })
    const server = createHttp2()
    server.on('session', (session) => session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM))
    const broken = await firstResult(grpcProbe(await serve(server)))
    expect(broken).toMatchObject({ code: 'PUPPET_BREAKS_CALLS' })
    expect(rows.map(([name, , result]) => [name, result])).toEqual(
      expect.arrayContaining([
        ['the connection is refused', refused.ok || refused.code],
        ['GOAWAY before the call', broken.ok || broken.code],
      ]),
    )
  })
})
