import { totalmem } from 'node:os'

const MIB = 2 ** 20
const KIB = 2 ** 10
/** The process itself with nobody connected, what comes and goes, and what is held for messages that are not whole. */
const BESIDE_BYTES = 112 * MIB
/** Memory of one registrant, and of a client with a head of 8 KiB that is not whole: measured, in plain text and over TLS. */
const PLAIN = { registrant: 11 * KIB, client: 24 * KIB }
const TLS = { registrant: 48 * KIB, client: 64 * KIB }
/** The share of the memory that is for registrants. */
const REGISTRANTS_SHARE = 7 / 8
/** However little there is: what a few can use. */
const CLIENTS_MIN = 64

/** How much memory this process may have, in bytes (the limit of its container); undefined where that is all that the machine has. */
export function memoryLimit(): number | undefined {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : undefined
}

/** How many registrants fit into a limit of memory, and how many connections beside them. */
export function roomInMemory(
  wished: { readonly registrants: number; readonly clients: number },
  limit: number | undefined,
  isTls: boolean,
): { readonly registrants: number; readonly clients: number } {
  if (limit === undefined) return wished
  const cost = isTls ? TLS : PLAIN
  const bytes = Math.max(0, limit - BESIDE_BYTES)
  const registrants = Math.min(wished.registrants, Math.floor((bytes * REGISTRANTS_SHARE) / cost.registrant))
  const clients = Math.floor((bytes - registrants * cost.registrant) / cost.client)
  return {
    registrants: Math.max(1, registrants),
    clients: Math.min(wished.clients, Math.max(CLIENTS_MIN, clients)),
  }
}
