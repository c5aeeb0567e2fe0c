import { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'
import { oneServer, started, stopEngines } from './support/watched-engine.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await stopEngines()
  await stopAllPeers()
  removeTempDirs()
})

/** Lets all promises that are resolved go on, without the end of the turn. */
async function microtasks(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await Promise.resolve()
}

describe.each(NATS_PROGRAMS)('the transport with $name', (program) => {
  it('sends in one write what is published in one turn', async () => {
    const engine = await started(await oneServer(program))
    engine.subscribe('a', engine.hear)
    engine.publish('a', 'ready')
    await engine.untilHeard('a: ready')
    const writes = vi.spyOn(Socket.prototype, '_write')
    const together = vi.spyOn(Socket.prototype, '_writev' as never)
    await new Promise((resolve) => setImmediate(resolve))
    for (const text of ['one', 'two', 'three']) {
      engine.publish('a', text)
      await microtasks()
    }
    await engine.untilHeard('a: three')
    expect(engine.heard).toEqual(['a: ready', 'a: one', 'a: two', 'a: three'])
    expect(writes).not.toHaveBeenCalled()
    expect(together).toHaveBeenCalledTimes(1)
  })
})
