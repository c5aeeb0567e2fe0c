import { describe, expect, it } from 'vitest'
import { Certainty } from '../../../../src/registry/cluster/certainty.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** A node that hears what it says after 1 ms, as long as the server delivers. */
function begin() {
  const clock = new FakeClock()
  const told: string[] = []
  const server = { delivers: true }
  const certainty: Certainty = new Certainty({
    clock,
    speak: () => {
      const sentMs = clock.now()
      if (server.delivers) clock.after(1, () => certainty.heard(sentMs))
    },
    onCutOff: () => told.push('cut off'),
    onDeaf: () => told.push('deaf'),
    onCertain: () => told.push('certain'),
  })
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 250) {
      await clock.advance(250)
      certainty.tick()
    }
  }
  return { clock, told, server, certainty, pass }
}

describe('a node', () => {
  it('is cut off at first, and certain as soon as it hears itself', async () => {
    const { clock, certainty, told } = begin()
    expect([certainty.isCutOff, certainty.isCertain]).toEqual([true, false])
    certainty.connected()
    await clock.advance(1)
    expect([certainty.isCutOff, certainty.isCertain, told]).toEqual([false, true, ['certain']])
  })

  it('that hears itself no more is cut off within 3.5 s', async () => {
    const { clock, certainty, told, server, pass } = begin()
    certainty.connected()
    await clock.advance(1)
    server.delivers = false
    await pass(2500)
    expect(certainty.isCutOff).toBe(false)
    await pass(1000)
    expect(told).toEqual(['certain', 'cut off'])
  })

  it('wants another connection, and again another one, where a server lets it in and delivers nothing', async () => {
    const { certainty, told, server, pass } = begin()
    server.delivers = false
    certainty.connected()
    await pass(2750)
    expect(told).toEqual(['deaf'])
    await pass(10_000)
    expect(told).toEqual(['deaf'])
    certainty.connected()
    await pass(2750)
    expect(told).toEqual(['deaf', 'deaf'])
  })

  it('that has stood still is not certain before it has heard itself after that', async () => {
    const { clock, certainty, pass } = begin()
    certainty.connected()
    await pass(250)
    expect(certainty.isCertain).toBe(true)
    await clock.advance(1000)
    expect(certainty.isCertain).toBe(false)
    const known = certainty.makeCertain()
    await clock.advance(1)
    await known
    certainty.tick()
    await clock.advance(1)
    expect([certainty.isCertain, certainty.isCutOff]).toEqual([true, false])
  })

  it('that has stood still doubts that it hears itself, and what it heard before does not count', async () => {
    const { clock, certainty, server, pass, told } = begin()
    certainty.connected()
    await pass(250)
    server.delivers = false
    await clock.advance(1000)
    certainty.tick()
    // Its timers are in time again, and it has heard itself within 2 s.
    expect(certainty.isCertain).toBe(false)
    certainty.heard(0)
    await clock.advance(499)
    expect([certainty.isCertain, certainty.isCutOff]).toEqual([false, false])
    await clock.advance(1)
    expect(told).toEqual(['certain', 'cut off'])
  })

  it('that has not heard itself for two seconds is not certain', async () => {
    const { clock, certainty, pass } = begin()
    certainty.connected()
    await clock.advance(1)
    await pass(1750)
    // What was said before, and comes late.
    certainty.heard(-1000)
    expect(certainty.isCertain).toBe(true)
    await pass(250)
    expect([certainty.isCertain, certainty.isCutOff]).toEqual([false, false])
  })

  it('that was cut off hears nothing of itself in what was said long before', async () => {
    const { clock, certainty } = begin()
    await clock.advance(5000)
    certainty.heard(2999)
    expect(certainty.isCutOff).toBe(true)
    certainty.heard(3000)
    expect([certainty.isCutOff, certainty.isCertain]).toEqual([false, false])
    certainty.tick()
    certainty.lose()
    certainty.heard(5000)
    certainty.lose()
    expect([certainty.isCutOff, certainty.isCertain]).toEqual([true, false])
  })

  it('is cut off at once when its connection is gone, and waits for nothing', async () => {
    const { clock, certainty, told } = begin()
    certainty.connected()
    await clock.advance(1001)
    const known = certainty.makeCertain()
    certainty.lose()
    await known
    await certainty.makeCertain()
    expect([certainty.isCutOff, told]).toEqual([true, ['certain', 'cut off']])
  })
})
