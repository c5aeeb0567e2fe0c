import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { publicName, Redactor } from '../../src/ops/redactor.ts'
import { asked, begin, follow, soon, TOKEN } from '../support/page-harness.ts'
import { puppet, registration, unreachable } from '../unit/sidecar/status/status-harness.ts'

describe('secrets', () => {
  it('are in no answer of the page, even where a peer repeats them', async () => {
    const { clock, record, history } = await begin()
    const { response, heard, raw } = await follow()
    record(puppet('unhealthy', `refused: ${TOKEN}`))
    record(
      registration(publicName(TOKEN), 'waiting', { code: 'REGISTRY_NOT_HTTP', reason: `HTTP: ${TOKEN}` }),
    )
    record(unreachable(`proxy says ${TOKEN}`))
    history.note('warn', `what it said: "${TOKEN}"`, publicName(TOKEN))
    await clock.advance(1000)
    await soon(() => heard.length === 2, 'the news')
    response.destroy()
    const past = await text(await asked('/history'))
    for (const body of [raw(), past]) expect(body).not.toContain(TOKEN)
    const shown = `[token ${publicName(TOKEN)}]`
    for (const body of [raw(), past]) {
      expect(body).toContain(`refused: ${shown}`)
      expect(body).toContain(`what it said: \\"${shown}\\"`)
    }
    expect(raw()).toContain(`proxy says ${shown}`)
  })

  it('that are like a key, a number or a piece of JSON are taken out of texts alone', async () => {
    const alike = ['registered', '20260101', 'null,null']
    const { clock, record } = await begin({
      redact: new Redactor(alike).redact,
      startedMs: -20_260_101_000,
    })
    record(puppet('unhealthy', `it says ${alike.join(' and ')}`))
    const reason = `it says ${alike.map((token) => `[token ${publicName(token)}]`).join(' and ')}`
    await clock.advance(120_000)
    const { response, heard } = await follow()
    await soon(() => heard.length === 1, 'everything')
    response.destroy()
    const status = JSON.parse(await text(await asked('/status')))
    const history = JSON.parse(await text(await asked('/history')))
    for (const said of [{ status, history }, heard[0]]) {
      expect(said).toMatchObject({
        status: { puppet: { reason }, uptimeSeconds: 20_260_221 },
        history: {
          states: { puppet: [{ cause: reason }], registered: expect.any(Array) },
          minutes: {
            durations: { probe: { maxMs: [null, null, null] } },
            levels: { registered: [0, 0, 0] },
          },
        },
      })
    }
  })

  it('are not cut so that a part of them is left', async () => {
    const { clock, record } = await begin()
    for (let length = 100; length < 150; length += 1) {
      record(puppet('unhealthy', `${'x'.repeat(length)} ${TOKEN}`))
      await clock.advance(1)
    }
    const past = await text(await asked('/history'))
    expect(JSON.parse(past).states.puppet.length).toBeGreaterThan(30)
    expect(past).not.toContain(TOKEN.slice(0, 4))
  })

  it('are not found out by a filter: it looks through what is shown', async () => {
    const { record } = await begin()
    record(registration(publicName(TOKEN), 'waiting', { reason: `HTTP: ${TOKEN} is odd` }))
    const matching = async (wanted: string): Promise<number> =>
      JSON.parse(await text(await asked(`/status?text=${wanted}`))).matching
    expect(await matching(publicName(TOKEN))).toBe(1)
    expect(await matching('odd')).toBe(1)
    expect(await matching(TOKEN)).toBe(0)
    expect(await matching(TOKEN.slice(0, 12))).toBe(0)
  })
})
