import { readDrainConfig } from '../config/admin-address.ts'
import { sendAdminRequest } from './admin-request.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

/** The sidecar answers when its own time-out is over; this is for the way there and back on a busy machine. */
const MARGIN_MS = 2000

/** The command `drain`. */
export async function drain(context: Context): Promise<number> {
  const { admin, drainTimeoutMs } = readDrainConfig(context.env)
  const timeoutMs = drainTimeoutMs + MARGIN_MS
  const { ok, words } = await sendAdminRequest(admin, { method: 'POST', path: '/drain', timeoutMs })
  if (ok) context.print(words)
  else context.printError(`drain: ${words}`)
  return ok ? EXIT.ok : EXIT.no
}
