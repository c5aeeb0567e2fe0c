import { describe, expect, it } from 'vitest'
import type { ConnectEvent } from '../../../src/connect/events.ts'
import { initialPuppet, nextPuppet, type PuppetRecord, troubleOf } from '../../../src/connect/puppet-state.ts'

const HERE = { host: '10.0.0.7', port: 8788 }
const THERE = { host: '10.0.0.8', port: 8788 }
const id = 't0'

const found = (endpoint = HERE): ConnectEvent => ({ type: 'found', id, endpoint, tookMs: 1 })
const notFound = (code: 'DISCOVERY_NOT_REGISTERED' | 'REGISTRY_REFUSED'): ConnectEvent => {
  return { type: 'notFound', id, code, reason: code, tookMs: 1 }
}
const dialFailed = (
  code: 'UPSTREAM_REFUSED' | 'UPSTREAM_SILENT' | 'BOT_TLS_UNEXPECTED' = 'UPSTREAM_REFUSED',
  endpoint = HERE,
): ConnectEvent => ({ type: 'dialFailed', id, endpoint, code, reason: code })
const connected = (tls = false, endpoint = HERE): ConnectEvent => {
  return { type: 'connected', id, endpoint, tls, tookMs: 1 }
}
const checked = (accepted: boolean): ConnectEvent => {
  return { type: 'tokenChecked', id, endpoint: HERE, accepted }
}
const failed: ConnectEvent = { type: 'failed', id, code: 'UPSTREAM_REFUSED', reason: '', tookMs: 1 }

/** The record after these events, one a second, the first one after a second. */
function puppetAfter(...events: readonly ConnectEvent[]): PuppetRecord {
  return events.reduce(
    (puppet, event, index) => nextPuppet(puppet, event, (index + 1) * 1000),
    initialPuppet(0),
  )
}

describe('the state of a puppet', () => {
  it('is unknown before the registry has said anything, and while it never could', () => {
    expect(puppetAfter()).toMatchObject({ state: 'unknown', sinceMs: 0 })
    expect(puppetAfter(notFound('REGISTRY_REFUSED'))).toMatchObject({ state: 'unknown', sinceMs: 0 })
  })

  it('is found when the registry names a place, since the first time that it was this one', () => {
    expect(puppetAfter(found(), found())).toMatchObject({ state: 'found', endpoint: HERE, sinceMs: 1000 })
    expect(puppetAfter(found(), found(THERE))).toMatchObject({
      state: 'found',
      endpoint: THERE,
      sinceMs: 2000,
    })
  })

  it('is away when the registry says that there is none, and the place is forgotten', () => {
    const gone = puppetAfter(
      found(),
      notFound('DISCOVERY_NOT_REGISTERED'),
      notFound('DISCOVERY_NOT_REGISTERED'),
    )
    expect(gone).toMatchObject({ state: 'away', sinceMs: 2000, endpoint: undefined })
  })

  it('stays found while the registry cannot be asked: the known place counts', () => {
    expect(puppetAfter(found(), notFound('REGISTRY_REFUSED'))).toMatchObject({
      state: 'found',
      endpoint: HERE,
    })
  })

  it('becomes unknown when the registry said that there is none, and cannot be asked any more', () => {
    const lost = puppetAfter(notFound('DISCOVERY_NOT_REGISTERED'), notFound('REGISTRY_REFUSED'))
    expect(lost).toMatchObject({ state: 'unknown', sinceMs: 2000 })
  })

  it('says whether the last connection was secured, until the puppet moves', () => {
    expect(puppetAfter(found(), connected(true)).tls).toBe(true)
    expect(puppetAfter(found(), connected(true), found()).tls).toBe(true)
    expect(puppetAfter(found(), connected(true), found(THERE)).tls).toBeNull()
  })
})

describe('the trouble of a puppet', () => {
  it('lasts since its code is the same', () => {
    expect(troubleOf(puppetAfter(found(), dialFailed(), dialFailed()))).toMatchObject({ sinceMs: 2000 })
    expect(troubleOf(puppetAfter(found(), dialFailed(), dialFailed('UPSTREAM_SILENT')))).toMatchObject({
      code: 'UPSTREAM_SILENT',
      sinceMs: 3000,
    })
  })

  it('with connections is over with the next connection, and not with an answer that names the same place', () => {
    expect(troubleOf(puppetAfter(found(), dialFailed(), found()))).toMatchObject({ code: 'UPSTREAM_REFUSED' })
    expect(troubleOf(puppetAfter(found(), dialFailed(), connected()))).toBeUndefined()
  })

  it('with connections is over when the puppet has moved', () => {
    expect(troubleOf(puppetAfter(found(), dialFailed(), found(THERE)))).toBeUndefined()
  })

  it('with connections is none of the place that the puppet has moved to', () => {
    expect(
      troubleOf(puppetAfter(found(), found(THERE), dialFailed('UPSTREAM_REFUSED', HERE))),
    ).toBeUndefined()
  })

  it('with the registry is over with its next answer', () => {
    expect(troubleOf(puppetAfter(found(), notFound('REGISTRY_REFUSED'), found()))).toBeUndefined()
  })

  it('is first of all the connection that fails, where the registry is away too', () => {
    const both = puppetAfter(found(), notFound('REGISTRY_REFUSED'), dialFailed())
    expect(troubleOf(both)).toMatchObject({ code: 'UPSTREAM_REFUSED' })
    expect(both.asking).toMatchObject({ code: 'REGISTRY_REFUSED' })
  })

  it('is that it refuses the token, since it first said so and until it accepts it or has moved', () => {
    expect(troubleOf(puppetAfter(found(), checked(true)))).toBeUndefined()
    const refusing = puppetAfter(found(), checked(false), checked(false))
    expect(troubleOf(refusing)).toMatchObject({ code: 'UPSTREAM_REFUSES_TOKEN', sinceMs: 2000 })
    expect(refusing.state).toBe('found')
    expect(troubleOf(puppetAfter(found(), checked(false), connected()))).toBeDefined()
    expect(troubleOf(puppetAfter(found(), checked(false), checked(true)))).toBeUndefined()
    expect(troubleOf(puppetAfter(found(), checked(false), found(THERE)))).toBeUndefined()
    expect(troubleOf(puppetAfter(found(), found(THERE), checked(false)))).toBeUndefined()
  })

  it("is not what is a bot's own trouble", () => {
    expect(troubleOf(puppetAfter(found(), dialFailed('BOT_TLS_UNEXPECTED')))).toBeUndefined()
  })

  it('counts the bots that were sent away while it lasts', () => {
    const down = puppetAfter(found(), dialFailed(), failed, failed)
    expect(down.sentAway).toBe(2)
    expect(nextPuppet(down, connected(), 9000).sentAway).toBe(0)
  })
})
