import { describe } from 'vitest'
import { itHoldsUp } from '../support/held-up-relay.ts'

// The other two ways are in test/behaviour.

describe.each([
  ['TLS', 'plaintext'],
  ['plaintext', 'TLS'],
] as const)('%s to the bot and %s to the puppet:', itHoldsUp)
