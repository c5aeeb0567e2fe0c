/** What the library keeps for each piece that arrived by itself, in bytes: objects around what the piece holds. */
const PIECE_BYTES = 256
/** The least that a client's frame begins with: two bytes, and a mask (RFC 6455 §5.2). */
const HEADER_MIN_BYTES = 6

/**
 * Follows where frames and messages of a WebSocket begin and end, and knows what is held because a message is not whole yet. The library
 * keeps that in fields of its own, and tells nobody. It also sees to it that frames are right: this only has to follow right ones.
 */
export class FrameTracker {
  /**
   * Bytes that are held for a message, or a ping or pong, that is not whole. All of the pieces in which some of it arrived: a part of a
   * piece keeps the whole of it in memory.
   */
  held = 0
  /** Bytes of the frame's header so far; 0 between two frames. */
  #headerBytes = 0
  #headerSize = HEADER_MIN_BYTES
  #payloadLeft = 0
  #isControl = false
  #isFinal = true
  /** Whether frames of a message have come, and its last one has not. */
  #isInMessage = false

  /** Reads what has arrived. Returns whether what is unfinished now began in this piece. */
  read(piece: Uint8Array): boolean {
    let began = !this.#isUnfinished
    for (let at = 0; at < piece.length; ) {
      if (this.#headerBytes < this.#headerSize) {
        this.#readHeader(piece[at] ?? 0)
        at += 1
      } else {
        const count = Math.min(this.#payloadLeft, piece.length - at)
        this.#payloadLeft -= count
        at += count
      }
      if (this.#headerBytes === this.#headerSize && this.#payloadLeft === 0) this.#endFrame()
      if (!this.#isUnfinished) began = true
    }
    const before = began ? 0 : this.held
    this.held = this.#isUnfinished ? before + piece.length + PIECE_BYTES : 0
    return began
  }

  get #isUnfinished(): boolean {
    return this.#headerBytes > 0 || this.#isInMessage
  }

  #readHeader(byte: number): void {
    if (this.#headerBytes === 0) {
      this.#isFinal = byte >= 0x80
      this.#isControl = (byte & 0x08) !== 0
    } else if (this.#headerBytes === 1) {
      const length = byte & 0x7f
      const lengthBytes = length === 126 ? 2 : length === 127 ? 8 : 0
      this.#headerSize = HEADER_MIN_BYTES + lengthBytes
      this.#payloadLeft = lengthBytes === 0 ? length : 0
    } else if (this.#headerBytes < this.#headerSize - 4) {
      this.#payloadLeft = this.#payloadLeft * 256 + byte
    }
    this.#headerBytes += 1
  }

  #endFrame(): void {
    this.#headerBytes = 0
    this.#headerSize = HEADER_MIN_BYTES
    if (!this.#isControl) this.#isInMessage = !this.#isFinal
  }
}
