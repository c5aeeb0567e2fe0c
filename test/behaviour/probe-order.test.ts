import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { frame } from '../../src/grpc/grpc-message.ts'
import type { ProbeResult } from '../../src/sidecar/events.ts'
import { HEALTH_CHECK } from '../../src/sidecar/probe/grpc-health.ts'
import type { GrpcProbe } from '../../src/sidecar/probe/grpc-probe.ts'
import {
  type Answer,
  type AnsweringPuppet,
  answerWith,
  healthOf,
  httpAnswer,
  startAnsweringPuppet,
  statusOnly,
} from '../support/answering-puppet.ts'
import { endProbes, grpcProbe } from '../support/probe-harness.ts'

const VERSION = '/wechaty.Puppet/Version'

const running: AnsweringPuppet[] = []
afterEach(async () => {
  await endProbes()
  for (const puppet of running.splice(0)) await puppet.stop()
})

async function puppetWith(answers: Readonly<Record<string, Answer>>): Promise<AnsweringPuppet> {
  const puppet = await startAnsweringPuppet(answers)
  running.push(puppet)
  return puppet
}

const probeOnce = (probe: GrpcProbe, timeoutMs = 5000): Promise<ProbeResult> =>
  probe.probe(AbortSignal.timeout(timeoutMs))
const paths = ({ calls }: AnsweringPuppet): readonly string[] => calls.map(({ path }) => path)

describe('a puppet without a health service', () => {
  it.each([
    ['UNIMPLEMENTED', statusOnly(12)],
    ['HTTP 404, as routers say', httpAnswer(404)],
    ['a page for every path', httpAnswer(200)],
  ])(
    '(%s) is asked for Version, and at once from then on, over the same connection',
    async (_what, health) => {
      const puppet = await puppetWith({ [HEALTH_CHECK]: health, [VERSION]: statusOnly(16) })
      const probe = grpcProbe(puppet.port, { tls: 'off' })
      for (let round = 0; round < 3; round += 1)
        expect(await probeOnce(probe)).toEqual({ ok: true, tls: false, health: 'UNIMPLEMENTED' })
      expect(paths(puppet)).toEqual([HEALTH_CHECK, VERSION, VERSION, VERSION])
      expect(puppet.connections()).toBe(1)
      expect(puppet.calls.some(({ authorization }) => authorization !== undefined)).toBe(false)
    },
  )

  it('is asked for its health again over another connection: it may have learned it', async () => {
    const answers = { [HEALTH_CHECK]: statusOnly(12), [VERSION]: statusOnly(0) }
    const puppet = await puppetWith(answers)
    const probe = grpcProbe(puppet.port, { tls: 'off' })
    await probeOnce(probe)
    answers[HEALTH_CHECK] = healthOf(1)
    expect(await probe.probe(AbortSignal.timeout(5000), true)).toMatchObject({ ok: true, health: 'SERVING' })
  })

  it('whose only worker is stuck is silent, though its library still answers the health check', async () => {
    let isStuck = false
    const puppet = await puppetWith({
      [HEALTH_CHECK]: statusOnly(12),
      [VERSION]: (stream, call) => {
        if (!isStuck) statusOnly(16)(stream, call)
      },
    })
    const probe = grpcProbe(puppet.port, { tls: 'off' })
    expect(await probeOnce(probe)).toMatchObject({ ok: true })
    isStuck = true
    expect(await probeOnce(probe, 200)).toMatchObject({ ok: false })
    // Over a new connection too, on which health is asked first.
    expect(await probe.probe(AbortSignal.timeout(200), true)).toMatchObject({ ok: false })
  })

  it('and without Version is asked for both until it answers one of them', async () => {
    const answers: Record<string, Answer> = { '*': httpAnswer(404) }
    const puppet = await puppetWith(answers)
    const probe = grpcProbe(puppet.port, { tls: 'off' })
    expect(await probeOnce(probe)).toMatchObject({ ok: false, code: 'PUPPET_NOT_GRPC' })
    expect(await probeOnce(probe)).toMatchObject({ ok: false, code: 'PUPPET_NOT_GRPC' })
    expect(paths(puppet)).toEqual([HEALTH_CHECK, VERSION, HEALTH_CHECK, VERSION])
    answers[VERSION] = statusOnly(16)
    expect(await probeOnce(probe)).toMatchObject({ ok: true })
  })
})

describe('a service whose health is asked for by name', () => {
  /** A health service that knows one service only. */
  const knows =
    (name: string): Answer =>
    (stream, call) => {
      stream.on('end', () => {
        const isKnown = call
          .message()
          .equals(Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]))
        ;(isKnown ? healthOf(1) : statusOnly(5))(stream, call)
      })
    }

  it.each(['answer', 'serving'] as const)('is SERVING where the puppet knows it (%s)', async (wants) => {
    const puppet = await puppetWith({ [HEALTH_CHECK]: knows('wechaty.Puppet') })
    const result = await probeOnce(grpcProbe(puppet.port, { wants, service: 'wechaty.Puppet' }))
    expect(result).toEqual({ ok: true, tls: false, health: 'SERVING' })
  })

  it.each([
    [
      '',
      'its health service does not know the server as a whole (gRPC status NOT_FOUND); name a service in REGISTRAR_PROBE_SERVICE',
    ],
    [
      'wechaty.Pupet',
      'its health service does not know wechaty.Pupet (gRPC status NOT_FOUND); is REGISTRAR_PROBE_SERVICE right?',
    ],
  ])('is named where the puppet does not know it: %j', async (service, reason) => {
    const puppet = await puppetWith({ [HEALTH_CHECK]: knows('wechaty.Puppet') })
    const code = 'PUPPET_SERVICE_UNKNOWN'
    const wanted = await probeOnce(grpcProbe(puppet.port, { wants: 'serving', service }))
    expect(wanted).toMatchObject({ ok: false, code, reason })
    const asked = await probeOnce(grpcProbe(puppet.port, { service }))
    expect(asked).toMatchObject({ ok: true, warnings: [{ code, text: reason }] })
  })
})

it('a health answer that is compressed, and comes in pieces, is read', async () => {
  const message = frame(gzipSync(Buffer.from([0x4a, 2, 0x68, 0x69, 0x08, 1])))
  message[0] = 1
  const puppet = await puppetWith({
    [HEALTH_CHECK]: (stream) => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      for (const byte of message) stream.write(Buffer.from([byte]))
      stream.end()
    },
  })
  expect(await probeOnce(grpcProbe(puppet.port, { wants: 'serving' }))).toMatchObject({ health: 'SERVING' })
})

describe('what stands before a dead puppet', () => {
  const envoy = 'upstream connect error or disconnect/reset before headers. reset reason: connection failure'
  it.each([
    ["Envoy's local reply to gRPC", statusOnly(14, { 'grpc-message': envoy, server: 'envoy' })],
    [
      "Envoy's local reply to others",
      (stream) => {
        stream.respond({
          ':status': 503,
          'content-type': 'text/plain',
          'content-length': envoy.length,
          server: 'envoy',
        })
        stream.end(envoy)
      },
    ],
    [
      "nginx's error page for gRPC",
      (stream) =>
        stream.respond(
          { ':status': 204, 'grpc-status': '14', 'grpc-message': 'unavailable' },
          { endStream: true },
        ),
    ],
    ["nginx's 502", httpAnswer(502, 'text/html', '<html><head><title>502 Bad Gateway</title></head></html>')],
    [
      "nginx's 504",
      httpAnswer(504, 'text/html', '<html><head><title>504 Gateway Time-out</title></head></html>'),
    ],
    [
      "HAProxy's 503",
      httpAnswer(503, 'text/html', '<html><body><h1>503 Service Unavailable</h1></body></html>'),
    ],
    ['a proxy that waits for it', answerWith(Buffer.alloc(0), 4)],
  ] as const satisfies readonly (readonly [string, Answer])[])(
    '%s: is no life, and said in words of our own',
    async (_what, answer) => {
      for (const wants of ['answer', 'serving'] as const) {
        const puppet = await puppetWith({ '*': answer as Answer })
        const result = await probeOnce(grpcProbe(puppet.port, { wants }))
        expect(result).toMatchObject({ ok: false, kind: 'failed', code: 'PUPPET_UNAVAILABLE' })
        expect(!result.ok && result.reason).toMatch(
          /^something before the puppet says that it cannot be reached \((HTTP 50[234]|gRPC status [A-Z_]+)\)$/,
        )
      }
    },
  )
})
