import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'

export interface DiscoverOptions {
  /** `http://…` or `https://…`, without a path. */
  readonly registryUrl: string
  readonly token: string
  /** A PEM file to trust instead of the built-in certificates. */
  readonly caFile?: string
  /** Default 10 s; upstream's registry waits 5 s for its registrant. */
  readonly timeoutMs?: number
}

export interface Discovery {
  readonly status: number
  /** The parsed JSON, or the text where it is not JSON. */
  readonly body: unknown
}

/** What a client sees: one `GET /v0/hosties/<token>` on a connection of its own. Follows nothing, retries nothing. */
export async function discover(options: DiscoverOptions): Promise<Discovery> {
  const { registryUrl, token, caFile, timeoutMs = 10_000 } = options
  const url = new URL(`/v0/hosties/${token}`, registryUrl)
  const common = { agent: false, signal: AbortSignal.timeout(timeoutMs) } as const
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? https.get(url, { ...common, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) })
        : http.get(url, common)
    request.once('error', reject)
    request.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: parse(text) }))
    })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
