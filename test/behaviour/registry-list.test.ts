import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AllowList } from '../../src/registry/allow-list.ts'
import { type RegistryScene, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND } from '../support/registry-peers.ts'

const PLAIN = 'insecure_plain'
const HASHED = 'insecure_hashed'
const digest = createHash('sha256').update(HASHED).digest('hex')
let scene: RegistryScene
beforeEach(async () => {
  scene = await startRegistry({ list: new AllowList([PLAIN, digest]) })
})
afterEach(() => scene.end())

describe('a list of tokens', () => {
  it('lets in those that are on it, by themselves or by their SHA-256', async () => {
    await scene.peers.register({ token: PLAIN, answers: 1 })
    await scene.peers.register({ token: HASHED, answers: 2 })
    expect(await scene.peers.ask(PLAIN)).toEqual(found('127.0.0.1', 1))
    expect(await scene.peers.ask(HASHED)).toEqual(found('127.0.0.1', 2))
  })

  it('lets in by a SHA-256 in capital letters', async () => {
    scene.server.replaceList([digest.toUpperCase()])
    await scene.peers.register({ token: HASHED })
    expect((await scene.peers.refused({ token: PLAIN })).status).toBe(403)
  })

  it.each(['insecure_other', digest, `${PLAIN}x`, 'INSECURE_PLAIN'])(
    'refuses %s for good: 403, without a time to come again',
    async (token) => {
      const refused = await scene.peers.refused({ token })
      expect([refused.status, refused.headers['retry-after']]).toEqual([403, undefined])
      expect(refused.body).toBe('this token is not on the list of this registry\n')
      expect(scene.events).toEqual([{ type: 'refused', reason: 'list', address: '127.0.0.1' }])
    },
  )

  it('refuses by the legacy path too', async () => {
    const refused = await scene.peers.refused({ path: '/v0/websocket/token/insecure_other', headers: {} })
    expect(refused.status).toBe(403)
  })

  it('that loses a token ends all its registrants, and nobody else', async () => {
    const first = await scene.peers.register({ token: PLAIN, answers: 1 })
    const second = await scene.peers.register({ token: PLAIN, answers: 1 })
    await scene.peers.register({ token: HASHED, answers: 2 })
    await scene.peers.ask(PLAIN)
    scene.server.replaceList([digest])
    // Not found from that moment, whatever was kept.
    expect(scene.server.table.size).toBe(1)
    const goodbye = { code: 1008, reason: 'this token is not on the list any more' }
    expect(await Promise.all([first.closed, second.closed])).toEqual([goodbye, goodbye])
    expect(await scene.peers.ask(PLAIN)).toEqual(NOT_FOUND)
    expect((await scene.peers.refused({ token: PLAIN })).status).toBe(403)
    expect(await scene.peers.ask(HASHED)).toEqual(found('127.0.0.1', 2))
    const left = scene.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))
    expect(left).toEqual(['delisted', 'delisted'])
  })

  it('that gains a token lets it in from then on', async () => {
    expect((await scene.peers.refused({ token: 'insecure_new' })).status).toBe(403)
    scene.server.replaceList([PLAIN, 'insecure_new'])
    await scene.peers.register({ token: 'insecure_new' })
  })

  it('without anybody on it lets nobody in, and everybody goes', async () => {
    const last = await scene.peers.register({ token: PLAIN })
    scene.server.replaceList([])
    expect((await last.closed).code).toBe(1008)
    expect((await scene.peers.refused({ token: PLAIN })).status).toBe(403)
  })

  it('a discovery that waits when its token is taken off is answered at once: 404', async () => {
    const peer = await scene.peers.rawRegistrant({ token: PLAIN })
    const answer = scene.peers.ask(PLAIN)
    await peer.until('getHostieGrpcPort')
    scene.server.replaceList([])
    expect(await answer).toEqual(NOT_FOUND)
  })
})
