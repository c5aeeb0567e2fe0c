/** What is sent on a connection: made from its number, so that both ends know each byte that has to come. */
const BLOCK = Buffer.alloc(1 << 18)
for (let index = 0, state = 1; index < BLOCK.length; index += 1) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  BLOCK[index] = state >>> 24
}
/** The two directions of a connection differ. */
const PLACES = { up: 0, down: 104_729 }

/** At most `length` bytes from `offset` on, of what goes in one direction. */
export function bytesOf(number, direction, offset, length) {
  const begin = (number * 7919 + PLACES[direction] + offset) % BLOCK.length
  return BLOCK.subarray(begin, begin + length)
}

/** Whether a chunk is what has to come at `offset`. */
export function isRight(number, direction, offset, chunk) {
  for (let at = 0; at < chunk.length; ) {
    const wanted = bytesOf(number, direction, offset + at, chunk.length - at)
    if (!chunk.subarray(at, at + wanted.length).equals(wanted)) return false
    at += wanted.length
  }
  return true
}

/** Sends bytes from one offset to another, as fast as the other end takes them, and calls `done` then. */
export function send(socket, number, direction, { from, to }, done) {
  let offset = from
  const go = () => {
    for (let room = true; room && offset < to; ) {
      const chunk = bytesOf(number, direction, offset, Math.min(to - offset, 16_384))
      offset += chunk.length
      room = socket.write(chunk)
    }
    if (offset < to) return
    socket.off('drain', go)
    done()
  }
  socket.on('drain', go)
  go()
}

/**
 * Who ends a connection, and how: after all bytes have come, the bot or the puppet closes or resets it. `half`: the bot closes its half as soon as
 * it has sent all.
 */
export const ENDS = ['bot closes', 'puppet closes', 'bot resets', 'puppet resets', 'half']
/** The last byte of a bot that waits for the puppet's reset: it has all. */
export const ALL_HERE = Buffer.from('!')

const HEADER_BYTES = 16

/** The first bytes on a connection. */
export function headerOf({ number, up, down, end }) {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(number, 0)
  header.writeUInt32BE(up, 4)
  header.writeUInt32BE(down, 8)
  header.writeUInt8(ENDS.indexOf(end), 12)
  return header
}

/** What the first bytes say, and those that came after them; undefined while there are too few. */
export function readHeader(bytes) {
  if (bytes.length < HEADER_BYTES) return undefined
  const [number, up, down] = [0, 4, 8].map((at) => bytes.readUInt32BE(at))
  return { number, up, down, end: ENDS[bytes.readUInt8(12)], rest: bytes.subarray(HEADER_BYTES) }
}
