import type { TroubleInWords } from './registry-trouble.ts'

/** What a registry does wrong as a WebSocket server. */
export const INVALID_WEBSOCKET: TroubleInWords = {
  code: 'REGISTRY_WEBSOCKET_INVALID',
  words: 'its WebSocket handshake is not valid',
}

/** The library's messages about a handshake: these errors have no code. A test lets it say each of them. */
const HANDSHAKE: Readonly<Record<string, TroubleInWords>> = {
  'Invalid Upgrade header': {
    code: 'REGISTRY_WEBSOCKET_INVALID',
    words: 'it switched to another protocol than WebSocket',
  },
  'Invalid Sec-WebSocket-Accept header': {
    code: 'REGISTRY_WEBSOCKET_INVALID',
    words: 'its WebSocket handshake has the wrong accept key: something may answer from a cache',
  },
  'Server sent no subprotocol': {
    code: 'REGISTRY_SUBPROTOCOL_MISSING',
    words: 'it is a WebSocket server that takes no subprotocol: is it a registry?',
  },
  'Server sent an invalid subprotocol': {
    code: 'REGISTRY_SUBPROTOCOL_OTHER',
    words: 'it took another subprotocol than the one that was offered: is it a registry?',
  },
  ...Object.fromEntries(
    [
      'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
      'Server indicated an extension that was not requested',
      'Invalid Sec-WebSocket-Extensions header',
    ].map((message) => [
      message,
      { code: 'REGISTRY_EXTENSION_UNOFFERED', words: 'it uses a WebSocket extension that was not offered' },
    ]),
  ),
}

/** Codes of the library's errors about frames, and what the registry sent. */
const FRAMES: Readonly<Record<string, string>> = {
  WS_ERR_UNEXPECTED_MASK: 'a masked frame, as only clients send them',
  WS_ERR_UNEXPECTED_RSV_1: 'a compressed frame, although no compression was offered',
  WS_ERR_UNEXPECTED_RSV_2_3: 'a frame with reserved bits',
  WS_ERR_INVALID_OPCODE: 'a frame with an unknown opcode, or a fragment out of order',
  WS_ERR_EXPECTED_FIN: 'a control frame in fragments',
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: 'a control frame of a length that is not allowed',
  WS_ERR_INVALID_CLOSE_CODE: 'a close code that is not allowed',
  WS_ERR_INVALID_UTF8: 'text that is not UTF-8',
}

const TOO_LONG = new Set([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  'WS_ERR_TOO_MANY_BUFFERED_PARTS',
])

/** Undefined where the error is none of a WebSocket's. */
export function webSocketErrorOf({ code = '', message }: NodeJS.ErrnoException): TroubleInWords | undefined {
  if (TOO_LONG.has(code))
    return {
      code: 'REGISTRY_FRAME_TOO_LONG',
      words: 'it sent a message of more than 1 MiB, or in too many parts',
    }
  if (code.startsWith('WS_ERR_'))
    return { code: 'REGISTRY_FRAME_INVALID', words: `it sent ${FRAMES[code] ?? 'a frame that is not valid'}` }
  return code === '' && Object.hasOwn(HANDSHAKE, message) ? HANDSHAKE[message] : undefined
}
