import { readDrainConfig } from '../config/admin-address.ts'
import { sendAdminRequest } from './admin-request.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

/** Beside the sidecar's own time-out: for the way there and back on a busy machine. */
const MARGIN_MS = 2000

export async function drain(context: Context): Promise<number> {
  const { admin, drainTimeoutMs } = readDrainConfig(context.env)
  const timeoutMs = drainTimeoutMs + MARGIN_MS
  const { ok, text } = await sendAdminRequest(admin, 'POST', '/drain', timeoutMs)
  if (ok) context.print(text)
  else context.printError(`drain: ${text}`)
  return ok ? EXIT.ok : EXIT.no
}
