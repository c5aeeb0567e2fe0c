import type { HistoryReport } from '../history/report.ts'
import { mergeHistory } from './merge-history.ts'

/** What `/updates` sends: all at first, then the status again, and of the history what is new. The page is given all of the history. */
export interface Update<Status> {
  readonly status: Status
  readonly history: HistoryReport
}

/** How often the page asks where updates do not come by themselves, in milliseconds. */
const POLL_MS = 1000
/** How long no update may come before the page counts as cut off, in milliseconds: the server sends one every ten seconds. */
const SILENCE_MS = 25_000
/** How long the first update of a stream may take to come, in milliseconds: it is sent at once. */
const FIRST_MS = 5000
/** How long the page asks before it tries whether updates come by themselves by now, in milliseconds. */
const RETRY_MS = 60_000

export interface UpdatesOptions<Status> {
  readonly onUpdate: (update: Update<Status>) => void
  /** Whether the server is heard, whenever that changes. */
  readonly onConnection: (isConnected: boolean) => void
}

/**
 * Follows the server while the page is shown: by server-sent events, and by asking where those do not come through. A page that is hidden keeps no
 * connection: a browser has six for all that are open.
 */
export function followUpdates<Status>({ onUpdate, onConnection }: UpdatesOptions<Status>): void {
  let known: HistoryReport | undefined
  let heardMs = performance.now()
  let source: EventSource | undefined
  let openedMs = 0
  /** Whether the stream that is open has brought an update. */
  let hasBrought = false
  let asksInstead = false
  let stopPolling: (() => void) | undefined

  const heard = ({ status, history }: Update<Status>): void => {
    heardMs = performance.now()
    known = mergeHistory(known, history)
    onConnection(true)
    onUpdate({ status, history: known })
  }
  const close = (): void => {
    source?.close()
    source = undefined
  }
  const endPolling = (): void => {
    stopPolling?.()
    stopPolling = undefined
  }
  const ask = (): void => {
    close()
    asksInstead = true
    const since = (): string => (known === undefined ? '' : `?since=${known.until}`)
    stopPolling ??= poll(heard, onConnection, since)
  }
  /** Asking goes on until the stream has brought something. */
  const listen = (): void => {
    close()
    openedMs = performance.now()
    hasBrought = false
    if (typeof EventSource === 'undefined') return ask()
    const opened = new EventSource('updates')
    source = opened
    opened.onmessage = ({ data }: MessageEvent<string>) => {
      hasBrought = true
      asksInstead = false
      endPolling()
      heard(JSON.parse(data))
    }
    opened.onerror = () => {
      if (stopPolling === undefined) onConnection(false)
      // It tries again by itself for ever, also where it can never come through; refused, it does not.
      if (!hasBrought || opened.readyState === EventSource.CLOSED) ask()
    }
  }
  const look = (): void => {
    const nowMs = performance.now()
    if (source === undefined) {
      if (stopPolling === undefined) return
      if (nowMs - heardMs > SILENCE_MS) onConnection(false)
      if (nowMs - openedMs >= RETRY_MS) listen()
    } else if (nowMs - (hasBrought ? heardMs : openedMs) > (hasBrought ? SILENCE_MS : FIRST_MS)) {
      if (stopPolling === undefined) onConnection(false)
      // Something on the way keeps to itself what is sent piece by piece, or has lost this one stream.
      if (!hasBrought) ask()
      else if (source.readyState === EventSource.OPEN) listen()
    }
  }
  const showOrHide = (): void => {
    close()
    endPolling()
    if (document.hidden) return
    heardMs = performance.now()
    if (asksInstead) ask()
    else listen()
  }
  setInterval(look, POLL_MS)
  document.addEventListener('visibilitychange', showOrHide)
  showOrHide()
}

/** Asks again and again. Returns what ends that. */
function poll<Status>(
  heard: (update: Update<Status>) => void,
  onConnection: (isConnected: boolean) => void,
  since: () => string,
): () => void {
  let isOver = false
  const ask = async (): Promise<void> => {
    try {
      const [status, history] = await Promise.all([read('status?limit=1'), read(`history${since()}`)])
      if (!isOver) heard({ status: status as Status, history: history as HistoryReport })
    } catch {
      if (!isOver) onConnection(false)
    }
    if (!isOver) setTimeout(() => void ask(), POLL_MS)
  }
  void ask()
  return () => {
    isOver = true
  }
}

async function read(path: string): Promise<unknown> {
  const response = await fetch(path, { signal: AbortSignal.timeout(SILENCE_MS) })
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`)
  return response.json()
}
