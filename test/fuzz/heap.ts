import { once } from 'node:events'
import { WebSocket } from 'ws'
import { waitUntil } from '../support/wait.ts'

/** What a process holds, in bytes, when nothing is left to collect. */
export interface Held {
  readonly heap: number
  /** Buffers, which are kept beside the heap. */
  readonly external: number
}

/** Options with which a Node.js process can be asked what it holds; and it collects garbage often, for faults that show then. */
export function inspected(port: number): Record<string, string> {
  return { NODE_OPTIONS: `--inspect=127.0.0.1:${port} --max-semi-space-size=1` }
}

/** Lets the process behind an inspector's port collect its garbage, and asks what is left. */
export async function heldBy(port: number): Promise<Held> {
  const targets = await waitUntil(
    async () =>
      (await fetch(`http://127.0.0.1:${port}/json/list`)).json() as Promise<
        { webSocketDebuggerUrl: string }[]
      >,
    { timeoutMs: 5000, what: 'the inspector' },
  )
  const inspector = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '')
  await once(inspector, 'open')
  const ask = async (method: string, params: object = {}): Promise<{ result: { value: string } }> => {
    inspector.send(JSON.stringify({ id: 1, method, params }))
    const [data] = await once(inspector, 'message')
    return JSON.parse(data.toString()).result
  }
  try {
    // Twice: what the first one finalizes, the second one frees.
    await ask('HeapProfiler.collectGarbage')
    await ask('HeapProfiler.collectGarbage')
    const { result } = await ask('Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' })
    const { heapUsed, external } = JSON.parse(result.value)
    return { heap: heapUsed, external }
  } finally {
    inspector.close()
    await once(inspector, 'close')
  }
}
