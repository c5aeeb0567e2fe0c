/** Makes the compiler complain when a union has a member that a switch forgot. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}
