import { readFileSync } from 'node:fs'
import { createSecureServer, type Http2Server } from 'node:http2'
import { Socket } from 'node:net'
import * as tls from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ProbeResult } from '../../src/sidecar/events.ts'
import { HEALTH_CHECK } from '../../src/sidecar/probe/grpc-health.ts'
import type { GrpcProbe } from '../../src/sidecar/probe/grpc-probe.ts'
import {
  type Answer,
  type AnsweringPuppet,
  healthOf,
  startAnsweringPuppet,
  statusOnly,
} from '../support/answering-puppet.ts'
import { createAuthority } from '../support/certificates.ts'
import { endProbes, grpcProbe } from '../support/probe-harness.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

const VERSION = '/wechaty.Puppet/Version'
const TOKEN = 'insecure_mine'
const WITH_TOKEN = `Wechaty ${TOKEN}`

let files: { certFile: string; keyFile: string; caFile: string }
const running: AnsweringPuppet[] = []
beforeAll(async () => {
  files = await (await createAuthority()).issue(['dns:puppet.test'])
})
afterEach(async () => {
  vi.restoreAllMocks()
  await endProbes()
  for (const puppet of running.splice(0)) await puppet.stop()
})
afterAll(removeTempDirs)

/** A puppet whose every call wants the token, and is refused with this status without it. */
async function guarded(
  status = 16,
  { health = healthOf(1), server }: { health?: Answer; server?: Http2Server } = {},
): Promise<AnsweringPuppet> {
  const guard =
    (answer: Answer): Answer =>
    (stream, call) =>
      (call.authorization === WITH_TOKEN ? answer : statusOnly(status))(stream, call)
  const answers = { [HEALTH_CHECK]: guard(health), [VERSION]: guard(statusOnly(0)) }
  const puppet = await startAnsweringPuppet(answers, server === undefined ? {} : { server })
  running.push(puppet)
  return puppet
}

const secure = (): Http2Server =>
  createSecureServer({
    cert: readFileSync(files.certFile),
    key: readFileSync(files.keyFile),
  }) as unknown as Http2Server

/** All connections of this process look as if their peer were another machine. `remoteAddress` cannot be replaced, what it reads can. */
function farAway(): void {
  const readers = Socket.prototype as unknown as { _getpeername(): Record<string, unknown> }
  vi.spyOn(readers, '_getpeername').mockReturnValue({ address: '10.0.0.7', family: 'IPv4', port: 8788 })
}

const serving = (puppet: AnsweringPuppet, token: string | undefined = TOKEN): GrpcProbe =>
  grpcProbe(puppet.port, { wants: 'serving', token: () => token })
const probeOnce = (probe: GrpcProbe): Promise<ProbeResult> => probe.probe(AbortSignal.timeout(5000))
const accepts = (probe: GrpcProbe, token = TOKEN): Promise<boolean | null> =>
  probe.acceptsToken(token, AbortSignal.timeout(5000))
const sent = (puppet: AnsweringPuppet): readonly (string | undefined)[] =>
  puppet.calls.map(({ authorization }) => authorization)

describe('a guarded health service, where SERVING is wanted', () => {
  it.each([16, 7])(
    'that answers %i is asked again with the token, and at once with it from then on',
    async (status) => {
      const puppet = await guarded(status)
      const probe = serving(puppet)
      expect(await probeOnce(probe)).toEqual({ ok: true, tls: false, health: 'SERVING' })
      expect(await probeOnce(probe)).toMatchObject({ ok: true })
      expect(sent(puppet)).toEqual([undefined, WITH_TOKEN, WITH_TOKEN])
      expect(puppet.calls.every(({ path }) => path === HEALTH_CHECK)).toBe(true)
    },
  )

  it('still has to say SERVING', async () => {
    const puppet = await guarded(16, { health: healthOf(2) })
    expect(await probeOnce(serving(puppet))).toMatchObject({ ok: false, code: 'PUPPET_NOT_SERVING' })
  })

  it('that refuses the token is named, and is not asked more often', async () => {
    const puppet = await guarded()
    const probe = serving(puppet, 'insecure_other')
    for (let round = 0; round < 2; round += 1) {
      const result = await probeOnce(probe)
      expect(result).toMatchObject({ ok: false, code: 'PUPPET_REFUSES_TOKEN' })
      expect(JSON.stringify(result)).not.toContain('other')
    }
    expect(puppet.calls).toHaveLength(4)
  })

  it('is asked with the new token when the tokens have changed', async () => {
    const puppet = await guarded()
    let token = 'insecure_old'
    const probe = grpcProbe(puppet.port, { wants: 'serving', token: () => token })
    expect(await probeOnce(probe)).toMatchObject({ ok: false })
    token = TOKEN
    expect(await probeOnce(probe)).toMatchObject({ ok: true })
  })

  it('is named where there is no token, or where it may not be sent', async () => {
    const puppet = await guarded()
    const code = 'PUPPET_HEALTH_GUARDED'
    expect(await probeOnce(grpcProbe(puppet.port, { wants: 'serving' }))).toMatchObject({ ok: false, code })
    farAway()
    expect(await probeOnce(serving(puppet))).toMatchObject({ ok: false, code })
    expect(sent(puppet)).toEqual([undefined, undefined])
  })

  it('is alive for the default probe, which sends no token', async () => {
    const puppet = await guarded()
    expect(await probeOnce(grpcProbe(puppet.port, { token: () => TOKEN }))).toMatchObject({ ok: true })
    expect(sent(puppet)).toEqual([undefined])
  })
})

describe('the check of a token', () => {
  it.each([16, 7])('takes %i for "not accepted"', async (status) => {
    const puppet = await guarded(status)
    const probe = grpcProbe(puppet.port)
    await probeOnce(probe)
    expect(await accepts(probe)).toBe(true)
    expect(await accepts(probe, 'insecure_other')).toBe(false)
  })

  it.each([1, 2, 4, 5, 8, 12, 13, 14])('takes %i for "it does not say"', async (status) => {
    const puppet = await guarded(status)
    const probe = grpcProbe(puppet.port, { wants: 'answer' })
    await probeOnce(probe)
    expect(await accepts(probe, 'insecure_other')).toBeNull()
  })

  it('sends the token over loopback, with TLS that nobody vouches for too', async () => {
    const puppet = await guarded(16, { server: secure() })
    const probe = grpcProbe(puppet.port)
    await probeOnce(probe)
    expect(await accepts(probe)).toBe(true)
  })

  it.each([
    ['plaintext', undefined],
    ['TLS that nobody vouches for', secure],
  ])('sends none to another machine over %s', async (_what, server) => {
    const puppet = await guarded(16, server === undefined ? {} : { server: server() })
    farAway()
    const probe = grpcProbe(puppet.port, { clientTls: () => ({ servername: 'puppet.test' }) })
    expect(await probeOnce(probe)).toMatchObject({ ok: true })
    expect(await accepts(probe)).toBeNull()
    expect(sent(puppet)).toEqual([undefined])
  })

  // Before version 24 Node.js goes on with what it has read at its start.
  it.runIf(Number.parseInt(process.versions.node, 10) >= 24)(
    'sends it to another machine whose certificate is valid for the name',
    async () => {
      const trust = tls as unknown as { setDefaultCACertificates(all: readonly string[]): void }
      trust.setDefaultCACertificates([readFileSync(files.caFile, 'utf8')])
      farAway()
      for (const [servername, accepted] of [
        ['puppet.test', true],
        ['other.test', null],
      ] as const) {
        const puppet = await guarded(16, { server: secure() })
        const probe = grpcProbe(puppet.port, {
          serverNames: () => [servername],
          clientTls: () => ({ servername }),
        })
        expect(await probeOnce(probe)).toMatchObject({ ok: true, tls: true })
        expect(await accepts(probe)).toBe(accepted)
      }
    },
  )
})
