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
/** How long the first update may take to come, in milliseconds: it is sent at once. */
const FIRST_MS = 5000

export interface UpdatesOptions<Status> {
  readonly onUpdate: (update: Update<Status>) => void
  /** Whether the server is heard, whenever that changes. */
  readonly onConnection: (isConnected: boolean) => void
}

/** Follows the server for as long as the page is open: by server-sent events, and by asking where those do not come through. */
export function followUpdates<Status>({ onUpdate, onConnection }: UpdatesOptions<Status>): void {
  let heardMs = performance.now()
  let patienceMs = FIRST_MS
  let known: HistoryReport | undefined
  let source: EventSource | undefined
  const heard = ({ status, history }: Update<Status>): void => {
    heardMs = performance.now()
    patienceMs = SILENCE_MS
    known = mergeHistory(known, history)
    onConnection(true)
    onUpdate({ status, history: known })
  }
  const since = (): string => (known === undefined ? '' : `?since=${known.until}`)
  const ask = (): void => {
    source?.close()
    source = undefined
    poll(heard, onConnection, since)
  }
  setInterval(() => {
    if (performance.now() - heardMs <= patienceMs) return
    onConnection(false)
    // Something on the way keeps to itself what is sent piece by piece.
    if (source !== undefined && (patienceMs === FIRST_MS || source.readyState === EventSource.OPEN)) ask()
  }, POLL_MS)
  if (typeof EventSource === 'undefined') return ask()
  source = new EventSource('updates')
  source.onmessage = ({ data }: MessageEvent<string>) => heard(JSON.parse(data))
  source.onerror = () => {
    onConnection(false)
    // It tries again by itself for ever, also where it can never come through; refused, it does not.
    if (source?.readyState === EventSource.CLOSED || patienceMs === FIRST_MS) ask()
  }
}

function poll<Status>(
  heard: (update: Update<Status>) => void,
  onConnection: (isConnected: boolean) => void,
  since: () => string,
): void {
  const ask = async (): Promise<void> => {
    try {
      const [status, history] = await Promise.all([read('status?limit=1'), read(`history${since()}`)])
      heard({ status: status as Status, history: history as HistoryReport })
    } catch {
      onConnection(false)
    }
    setTimeout(() => void ask(), POLL_MS)
  }
  void ask()
}

async function read(path: string): Promise<unknown> {
  const response = await fetch(path, { signal: AbortSignal.timeout(SILENCE_MS) })
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`)
  return response.json()
}
