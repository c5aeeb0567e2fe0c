import type { WebSocket } from 'ws'
import type { Place } from '../net/connection-places.ts'
import type { Registrant } from './registrant.ts'

/** Registrants whose sockets are not closed yet, those that are leaving included, and the places that their connections have. */
export class OpenRegistrants {
  readonly #places = new Map<Registrant, Place | undefined>()
  #onAllClosed = (): void => {}

  add(registrant: Registrant, socket: WebSocket, place: Place | undefined): void {
    this.#places.set(registrant, place)
    socket.on('close', () => {
      this.#places.delete(registrant)
      if (this.#places.size === 0) this.#onAllClosed()
    })
  }

  placeOf(registrant: Registrant): Place | undefined {
    return this.#places.get(registrant)
  }

  terminate(): void {
    for (const registrant of this.#places.keys()) registrant.terminate()
  }

  /** Resolves when none is left. */
  allClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAllClosed = resolve
      if (this.#places.size === 0) resolve()
    })
  }
}
