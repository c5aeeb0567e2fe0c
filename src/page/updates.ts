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
export function followUpdates<Status>(options: UpdatesOptions<Status>): void {
  const follower = new Follower(options)
  setInterval(() => follower.look(), POLL_MS)
  document.addEventListener('visibilitychange', () => follower.showOrHide())
  follower.showOrHide()
}

class Follower<Status> {
  readonly #options: UpdatesOptions<Status>
  #known: HistoryReport | undefined
  #heardMs = 0
  #source: EventSource | undefined
  #openedMs = 0
  /** Whether the stream that is open has brought an update. */
  #hasBrought = false
  /** No stream came through last. */
  #asksInstead = false
  #stopPolling: (() => void) | undefined

  constructor(options: UpdatesOptions<Status>) {
    this.#options = options
  }

  showOrHide(): void {
    this.#close()
    this.#endPolling()
    if (document.hidden) return
    this.#heardMs = performance.now()
    if (this.#asksInstead) this.#ask()
    else this.#listen()
  }

  /** To be called about once a second. */
  look(): void {
    const nowMs = performance.now()
    if (this.#source === undefined) {
      if (this.#stopPolling === undefined) return
      if (nowMs - this.#heardMs > SILENCE_MS) this.#options.onConnection(false)
      if (nowMs - this.#openedMs >= RETRY_MS) this.#listen()
      return
    }
    const isSilent = this.#hasBrought ? nowMs - this.#heardMs > SILENCE_MS : nowMs - this.#openedMs > FIRST_MS
    if (!isSilent) return
    this.#sayCutOff()
    // Something on the way keeps to itself what is sent piece by piece, or has lost this one stream.
    if (!this.#hasBrought) this.#ask()
    else if (this.#source.readyState === EventSource.OPEN) this.#listen()
  }

  /** Opens a stream. Asking goes on until it has brought something. */
  #listen(): void {
    this.#close()
    this.#openedMs = performance.now()
    this.#hasBrought = false
    if (typeof EventSource === 'undefined') return this.#ask()
    const source = new EventSource('updates')
    this.#source = source
    source.onmessage = ({ data }: MessageEvent<string>) => {
      this.#hasBrought = true
      this.#asksInstead = false
      this.#endPolling()
      this.#hear(JSON.parse(data))
    }
    source.onerror = () => {
      this.#sayCutOff()
      // It tries again by itself for ever, also where it can never come through; refused, it does not.
      if (!this.#hasBrought || source.readyState === EventSource.CLOSED) this.#ask()
    }
  }

  #ask(): void {
    this.#close()
    this.#asksInstead = true
    this.#stopPolling ??= poll<Status>(
      (update) => this.#hear(update),
      this.#options.onConnection,
      () => (this.#known === undefined ? '' : `?since=${this.#known.until}`),
    )
  }

  #hear({ status, history }: Update<Status>): void {
    this.#heardMs = performance.now()
    this.#known = mergeHistory(this.#known, history)
    this.#options.onConnection(true)
    this.#options.onUpdate({ status, history: this.#known })
  }

  /** Whoever asks as well knows better. */
  #sayCutOff(): void {
    if (this.#stopPolling === undefined) this.#options.onConnection(false)
  }

  #close(): void {
    this.#source?.close()
    this.#source = undefined
  }

  #endPolling(): void {
    this.#stopPolling?.()
    this.#stopPolling = undefined
  }
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
