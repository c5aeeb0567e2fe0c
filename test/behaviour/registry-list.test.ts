import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AllowList } from '../../src/registry/allow-list.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND } from '../support/registry-peers.ts'

const PLAIN = 'insecure_plain'
const HASHED = 'insecure_hashed'
const digest = createHash('sha256').update(HASHED).digest('hex')
let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry({ list: new AllowList([PLAIN, digest]) })
})
afterEach(() => harness.end())

describe('a list of tokens', () => {
  it('lets in those that are on it, by themselves or by their SHA-256', async () => {
    await harness.peers.register({ token: PLAIN, answers: 1 })
    await harness.peers.register({ token: HASHED, answers: 2 })
    expect(await harness.peers.ask(PLAIN)).toEqual(found('127.0.0.1', 1))
    expect(await harness.peers.ask(HASHED)).toEqual(found('127.0.0.1', 2))
  })

  it('lets in by a SHA-256 in capital letters', async () => {
    harness.server.replaceList([digest.toUpperCase()])
    await harness.peers.register({ token: HASHED })
    expect((await harness.peers.refused({ token: PLAIN })).status).toBe(403)
  })

  it.each(['insecure_other', digest, `${PLAIN}x`, 'INSECURE_PLAIN'])(
    'refuses %s for good: 403, without a time to come again',
    async (token) => {
      const refused = await harness.peers.refused({ token })
      expect([refused.status, refused.headers['retry-after']]).toEqual([403, undefined])
      expect(refused.body).toBe('this token is not on the list of this registry\n')
      expect(refused.headers['www-authenticate']).toBe('Token')
      expect(harness.events).toEqual([{ type: 'refused', reason: 'list', address: '127.0.0.1' }])
    },
  )

  it('refuses by the legacy path too', async () => {
    const refused = await harness.peers.refused({ path: '/v0/websocket/token/insecure_other', headers: {} })
    expect(refused.status).toBe(403)
  })

  it('that loses a token ends all its registrants, and no other ones', async () => {
    const first = await harness.peers.register({ token: PLAIN, answers: 1 })
    const second = await harness.peers.register({ token: PLAIN, answers: 1 })
    await harness.peers.register({ token: HASHED, answers: 2 })
    await harness.peers.ask(PLAIN)
    harness.server.replaceList([digest])
    // Not found from that moment, whatever was kept.
    expect(harness.server.table.size).toBe(1)
    const goodbye = { code: 1008, reason: 'this token is not on the list any more' }
    expect(await Promise.all([first.closed, second.closed])).toEqual([goodbye, goodbye])
    expect(await harness.peers.ask(PLAIN)).toEqual(NOT_FOUND)
    expect((await harness.peers.refused({ token: PLAIN })).status).toBe(403)
    expect(await harness.peers.ask(HASHED)).toEqual(found('127.0.0.1', 2))
    const left = harness.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))
    expect(left).toEqual(['delisted', 'delisted'])
  })

  it('that gains a token lets it in from then on', async () => {
    expect((await harness.peers.refused({ token: 'insecure_new' })).status).toBe(403)
    harness.server.replaceList([PLAIN, 'insecure_new'])
    await harness.peers.register({ token: 'insecure_new' })
  })

  it('without any token lets no registrant in, and ends all', async () => {
    const last = await harness.peers.register({ token: PLAIN })
    harness.server.replaceList([])
    expect((await last.closed).code).toBe(1008)
    expect((await harness.peers.refused({ token: PLAIN })).status).toBe(403)
  })

  it('a discovery that waits when its token is taken off is answered at once: 404', async () => {
    const peer = await harness.peers.rawRegistrant({ token: PLAIN })
    const answer = harness.peers.ask(PLAIN)
    await peer.until('getHostieGrpcPort')
    harness.server.replaceList([])
    expect(await answer).toEqual(NOT_FOUND)
  })
})
