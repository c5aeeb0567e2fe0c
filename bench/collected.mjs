import { once } from 'node:events'
import { WebSocket } from 'ws'
import { eventually, within } from './time.mjs'

const LIMIT_MS = 10_000

/** What a process has to be started with to be asked below; nothing else is different for it until then. */
export const collectable = (inspectorPort) => ({ NODE_OPTIONS: `--inspect-port=127.0.0.1:${inspectorPort}` })

/** Lets a Node.js process collect all of its garbage; the bytes of its heap that are left. */
export async function heapAfterCollecting(pid, inspectorPort) {
  process.kill(pid, 'SIGUSR1')
  const url = await eventually(LIMIT_MS, 'the inspector', 50, async () => {
    const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`).catch(() => undefined)
    return (await answer?.json())?.[0].webSocketDebuggerUrl
  })
  const inspector = new WebSocket(url)
  const ask = async (method) => {
    inspector.send(JSON.stringify({ id: 1, method }))
    const [text] = await within(LIMIT_MS, method, once(inspector, 'message'))
    return JSON.parse(text).result
  }
  await within(LIMIT_MS, 'the inspector', once(inspector, 'open'))
  try {
    // Twice: what the first one finalizes, the second one frees.
    await ask('HeapProfiler.collectGarbage')
    await ask('HeapProfiler.collectGarbage')
    return (await ask('Runtime.getHeapUsage')).usedSize
  } finally {
    inspector.close()
    await within(LIMIT_MS, 'the inspector', once(inspector, 'close'))
  }
}
