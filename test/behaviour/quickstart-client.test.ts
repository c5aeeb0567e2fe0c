import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { listen } from '../../src/net/listen.ts'
import { Narration } from '../../src/quickstart/narration.ts'
import { StoryClient } from '../../src/quickstart/story-client.ts'

const PUPPET = 8788
const FOUND = [200, `{"host":"127.0.0.1","ip":"127.0.0.1","port":${PUPPET}}`] as const
const ELSEWHERE = [200, '{"host":"127.0.0.1","ip":"127.0.0.1","port":1}'] as const
const NOT_KNOWN = [503, '{}'] as const
const NOT_FOUND = [404, '{"host":"0.0.0.0","port":0}'] as const

let server: Server | undefined
afterEach(() => {
  server?.close()
  server = undefined
})

/** Asks a registry that says this, one after the other: whether the client is content, and what it prints. */
async function story(
  answers: readonly (readonly [status: number, body: string])[],
  isSure: boolean,
): Promise<{ held: boolean; told: string }> {
  const left = [...answers]
  server = createServer((_request, response) => {
    const [status, body] = left.shift() ?? NOT_FOUND
    response.writeHead(status).end(body)
  })
  const { port } = await listen(server, { port: 0, host: '127.0.0.1' })
  const lines: string[] = []
  const client = new StoryClient({
    clock: systemClock,
    narration: new Narration(systemClock, (line) => lines.push(line)),
    shutdown: new AbortController().signal,
  })
  const registry = new URL(`http://127.0.0.1:${port}`)
  const held = await client.expect({ who: 'registry B', registry, wanted: PUPPET, isSure })
  return { held, told: lines.join('\n') }
}

describe('the client of quickstart, when a registry was killed', () => {
  it('waits while it is told that it cannot be known, and says how often', async () => {
    const { held, told } = await story([NOT_KNOWN, NOT_KNOWN, FOUND], true)
    expect(held).toBe(true)
    expect(told).toMatch(/discovered at 127\.0\.0\.1:8788, .*until then 503 \(not known\), 2 times/)
  })

  it.each([
    ['that there is no such token', NOT_FOUND, 'not found'],
    ['another place', ELSEWHERE, 'discovered at 127.0.0.1:1'],
    ['something that no registry says', [418, ''] as const, 'HTTP 418'],
  ])('ends the story at a wrong word: %s', async (_what, wrong, words) => {
    const { held, told } = await story([NOT_KNOWN, wrong, FOUND], true)
    expect(held).toBe(false)
    expect(told).toContain(`registry B says "`)
    expect(told).toContain(words)
  })

  it('lets a registry say what it likes where nothing was promised, until it says what is wanted', async () => {
    expect((await story([NOT_FOUND, ELSEWHERE, FOUND], false)).held).toBe(true)
  })
})
