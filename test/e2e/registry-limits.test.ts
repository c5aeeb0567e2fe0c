import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { loggedAtMs } from '../support/log-time.ts'
import type { RawPeer } from '../support/raw-peer.ts'
import { found, RegistryPeers, TOKEN } from '../support/registry-peers.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, withDeadline } from '../support/wait.ts'

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

/** How long a request may take, and how much later that is noticed at most; in milliseconds. */
const REQUEST_MS = 10_000
const NOTICED_MS = 8000

describe('slow peers', () => {
  it('are gone after 10 s, whatever they have begun; idle connections and registrants are not', async () => {
    const authority = await createAuthority()
    const pair = await authority.issue(['ip:127.0.0.1'])
    const tlsPort = await freePort()
    const registry = await startRegistryProcess(
      {
        REGISTRY_LISTEN_TLS_PORT: String(tlsPort),
        REGISTRY_TLS_CERT_FILE: pair.certFile,
        REGISTRY_TLS_KEY_FILE: pair.keyFile,
      },
      { ports: 2 },
    )
    const { peers } = registry
    const secure = new RegistryPeers(tlsPort)
    await peers.register({ answers: 8788 })

    const begun = async (of: RegistryPeers, bytes: string): Promise<RawPeer> => {
      const peer = await of.raw()
      peer.socket.write(bytes)
      return peer
    }
    const half = 'GET /v0/hosties/x HTTP/1.1\r\nhost: x\r\n'
    const idle = await begun(peers, `${half}\r\n`)
    await idle.until('404')
    const since = elapsed()
    const drop = await begun(peers, half)
    const dripping = setInterval(() => drop.socket.write('x: y\r\n'), 500)
    const slow = {
      'says nothing': await begun(peers, ''),
      'sends half a line': await begun(peers, 'GE'),
      'sends half its headers': await begun(peers, half),
      'sends its headers drop by drop': drop,
      'sends half an upgrade': await begun(
        peers,
        `GET /v0/websocket HTTP/1.1\r\nauthorization: Token ${TOKEN}\r\n`,
      ),
      'sends half a body': await begun(
        peers,
        'POST /v0/hosties/x HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx',
      ),
      'asks once, and half a time more': await begun(peers, `${half}\r\n${half}`),
      'says nothing where TLS is spoken': await begun(secure, ''),
      'sends half a handshake': await begun(secure, '\x16\x03\x01\x02\x00'),
    }
    const tls = connect({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false })
    tls.on('error', () => {}).resume()
    const took = Object.entries(slow).map(async ([what, peer]): Promise<[string, number]> => {
      await withDeadline(peer.ended, REQUEST_MS + NOTICED_MS + 5000, () => `the end of one that ${what}`)
      return [what, since()]
    })
    took.push(once(tls, 'close').then((): [string, number] => ['says nothing after the handshake', since()]))
    for (let count = 0; count < 5; count += 1) expect((await peers.ask()).status).toBe(200)

    for (const [what, tookMs] of await Promise.all(took)) {
      expect(tookMs, what).toBeLessThan(REQUEST_MS + NOTICED_MS)
      // But for the body: it is not waited for, because the answer does not depend on it.
      if (what !== 'sends half a body') expect(tookMs, what).toBeGreaterThan(REQUEST_MS - 500)
    }
    clearInterval(dripping)
    expect(slow['sends half its headers'].heard()).toMatch(/^HTTP\/1.1 408 /)
    idle.socket.write(`${half}\r\n`)
    await idle.until('404 Not Found\r\ncontent-type: application/json')
    expect(await peers.ask()).toEqual(found('127.0.0.1', 8788))
    secure.end()
    peers.end()
  })
})

describe('limits', () => {
  it('are those of the environment', async () => {
    const { peers } = await startRegistryProcess({
      REGISTRY_MAX_REGISTRANTS: '3',
      REGISTRY_MAX_REGISTRANTS_PER_TOKEN: '1',
      REGISTRY_MAX_REGISTRANTS_PER_ADDRESS: '1',
      REGISTRY_UPGRADE_RATE: '4',
    })
    const older = await peers.register({ token: 'insecure_1', from: '127.0.0.2' })
    await peers.register({ token: 'insecure_1', from: '127.0.0.3' })
    expect((await older.closed).code).toBe(1008)
    await peers.register({ token: 'insecure_2', from: '127.0.0.2' })
    const { body } = await peers.refused({ token: 'insecure_3', from: '127.0.0.2' })
    expect(body).toBe('your address has too many registrants already\n')
    await peers.register({ token: 'insecure_3', from: '127.0.0.4' })
    expect((await peers.refused({ token: 'insecure_4', from: '127.0.0.5' })).status).toBe(503)
    const many = await Promise.all(
      Array.from({ length: 8 }, async () => (await peers.refused({ headers: {}, from: '127.0.0.5' })).status),
    )
    expect(new Set(many)).toEqual(new Set([401, 429]))
    peers.end()
  })

  it('on open files count for more than what was wished, which is told', async () => {
    const { command, peers } = await startRegistryProcess({}, { openFiles: 256 })
    const { registrants } = JSON.parse(
      await command.line(/the limit on open files has room for \d+ registrants/),
    )
    // Most of it, with something left for those who ask.
    expect(registrants).toBeGreaterThan(90)
    expect(registrants).toBeLessThan(150)
    // One after the other: connections that are no registrants yet have little room.
    for (let count = 0; count < registrants; count += 1) await peers.register({ token: `insecure_${count}` })
    expect((await peers.refused({ token: 'insecure_late' })).status).toBe(503)
    expect((await peers.ask('insecure_nobody')).status).toBe(404)
    peers.end()
  })

  it('on events hold while twenty floods come at once, and the others are answered meanwhile', async () => {
    const { peers, until } = await startRegistryProcess({ REGISTRY_MAX_REGISTRANTS_PER_TOKEN: '20' })
    await peers.register({ token: 'insecure_neighbour', answers: 7 })
    const floods = await Promise.all(
      Array.from({ length: 20 }, (_, index) => peers.rawRegistrant({ token: `insecure_flood-${index}` })),
    )
    for (const peer of floods) for (let count = 0; count < 2000; count += 1) peer.text('{"name":"sys"}')
    for (let count = 0; count < 20; count += 1) {
      const answer = peers.ask('insecure_neighbour')
      expect(await withDeadline(answer, 5000, () => 'the answer')).toEqual(found('127.0.0.1', 7))
    }
    await until('the floods to be gone', ({ registrants }) => registrants.total === 1)
    for (const peer of floods) await peer.until('more than 50 events in a second')
    peers.end()
  })
})

describe('the list of tokens', () => {
  it('is followed: within 10 s, and at once at SIGHUP', async () => {
    const file = join(makeTempDir(), 'tokens')
    writeFileSync(file, 'insecure_1\ninsecure_2\n')
    const { command, peers, status, admin } = await startRegistryProcess({ REGISTRY_TOKENS_FILE: file })
    const first = await peers.register({ token: 'insecure_1', answers: 1 })
    const second = await peers.register({ token: 'insecure_2', answers: 2 })
    expect((await peers.refused({ token: 'insecure_3' })).status).toBe(403)

    writeFileSync(file, 'insecure_2\ninsecure_3\n')
    const writtenMs = Date.now()
    expect((await withDeadline(first.closed, 30_000, () => 'the end of the first')).code).toBe(1008)
    expect(loggedAtMs(await command.line(/the list of tokens changed/)) - writtenMs).toBeLessThan(11_000)
    expect((await peers.ask('insecure_1')).status).toBe(404)
    expect((await peers.refused({ token: 'insecure_1' })).status).toBe(403)
    await peers.register({ token: 'insecure_3', answers: 3 })

    writeFileSync(file, 'insecure_3\n')
    command.kill('SIGHUP')
    expect((await withDeadline(second.closed, 8000, () => 'the end of the second')).code).toBe(1008)
    expect(await peers.ask('insecure_3')).toEqual(found('127.0.0.1', 3))
    expect((await status()).list).toEqual({ tokens: 1, problems: [] })

    // What cannot be read changes nothing, and is told.
    writeFileSync(file, 'two words\n')
    command.kill('SIGHUP')
    await command.line(/the list stays as it is, because of its file/)
    expect(await peers.ask('insecure_3')).toEqual(found('127.0.0.1', 3))
    expect((await status()).list?.problems).toHaveLength(1)
    expect((await admin('/history')).body).toContain('the list stays as it is, because of its file')
    expect(command.output()).not.toContain('insecure_')
    peers.end()
  })
})
