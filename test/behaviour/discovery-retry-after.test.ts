import { createServer } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { discover } from '../../src/client/discover.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type Served, serveOn } from '../support/serve.ts'

let served: Served | undefined
afterEach(() => served?.close())

it.each<readonly [number, string | undefined, number | undefined]>([
  [429, '7', 7000],
  [503, '1', 1000],
  [503, 'Thu, 01 Jan 2026 00:00:05 GMT', 5000],
  [429, '3600', 60_000],
  [502, undefined, undefined],
])(
  'a registry that answers HTTP %i with Retry-After %s is left alone for %s ms',
  async (status, retryAfter, afterMs) => {
    served = await serveOn(
      createServer((_, response) => {
        response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end()
      }),
    )
    const found = await discover({
      registry: new URL(`ws://127.0.0.1:${served.port}`),
      token: 'insecure_0123',
      transport: async () => ({}),
      clock: new FakeClock(),
    })
    expect(found).toMatchObject({ kind: 'unreachable', afterMs })
  },
)
