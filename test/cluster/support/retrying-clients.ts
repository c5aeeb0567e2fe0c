import { setTimeout as delay } from 'node:timers/promises'
import { discover } from '../../support/discover.ts'
import { describe } from '../../support/wait.ts'

/** `wechaty-token` asks again after what is no 2xx and no 4xx: three times, in 0.6 s. */
const PAUSES_MS = [100, 200, 300]

export interface Load {
  /** Discoveries that have ended. */
  readonly asked: () => number
  /** How many were asked again, because of 503 or a lost connection. */
  readonly retried: () => number
  /** What those were told at last that did not find their puppet. */
  readonly failures: () => readonly string[]
  /** Asks no more; resolves when all have ended. */
  end(): Promise<void>
}

export interface LoadOptions {
  /** `http://…`, without a path. */
  readonly registryUrl: string
  readonly tokens: readonly string[]
  /** What each of them has to be told. */
  readonly place: string
  readonly perSecond: number
}

/** Clients that discover one token after the other, and ask again as the TypeScript SDK does. */
export function retryingClients(options: LoadOptions): Load {
  const { tokens, perSecond } = options
  const open = new Set<Promise<void>>()
  const failures: string[] = []
  const counts = { asked: 0, retried: 0 }
  let begun = 0
  const timer = setInterval(() => {
    const token = tokens[begun++ % tokens.length] ?? ''
    const one = findAtLast(options, token).then(({ told, retries }) => {
      counts.asked += 1
      counts.retried += Math.min(1, retries)
      if (told !== options.place) failures.push(`${token}: ${told}`)
      open.delete(one)
    })
    open.add(one)
  }, 1000 / perSecond)
  return {
    asked: () => counts.asked,
    retried: () => counts.retried,
    failures: () => failures,
    end: async () => {
      clearInterval(timer)
      await Promise.all(open)
    },
  }
}

/** What a client is told at last. */
async function findAtLast(
  { registryUrl }: LoadOptions,
  token: string,
): Promise<{ told: string; retries: number }> {
  for (let retries = 0; ; retries += 1) {
    const told = await discover({ registryUrl, token }).then(
      ({ status, body }) => (status === 200 ? placeOf(body) : `${status} ${JSON.stringify(body)}`),
      (error) => `0 ${describe(error)}`,
    )
    const isTemporary = /^(0|5\d\d) /.test(told)
    const pauseMs = PAUSES_MS[retries]
    if (!isTemporary || pauseMs === undefined) return { told, retries }
    await delay(pauseMs)
  }
}

function placeOf(body: unknown): string {
  const { host, port } = body as { host: string; port: number }
  return `${host}:${port}`
}
