import { once } from 'node:events'
import { WebSocket } from 'ws'
import { eventually, within } from './time.mjs'

const LIMIT_MS = 10_000

/** Environment for a process whose heap is to be measured below. The inspector listens from the start: no signal of the product's opens it. */
export const inspectable = (inspectorPort) => ({ NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` })

/** Makes a Node.js process collect its garbage. Resolves with the bytes that its heap still uses. */
export async function heapAfterGc(inspectorPort) {
  const url = await eventually(LIMIT_MS, 'the inspector', 50, async () => {
    const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`).catch(() => undefined)
    return (await answer?.json())?.[0].webSocketDebuggerUrl
  })
  const inspector = new WebSocket(url)
  const call = async (method) => {
    inspector.send(JSON.stringify({ id: 1, method }))
    const [text] = await within(LIMIT_MS, method, once(inspector, 'message'))
    return JSON.parse(text).result
  }
  await within(LIMIT_MS, 'the inspector', once(inspector, 'open'))
  try {
    // Twice: the second collection frees what the first one finalised.
    await call('HeapProfiler.collectGarbage')
    await call('HeapProfiler.collectGarbage')
    return (await call('Runtime.getHeapUsage')).usedSize
  } finally {
    inspector.close()
    await within(LIMIT_MS, 'the inspector', once(inspector, 'close'))
  }
}
