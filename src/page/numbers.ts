/** With commas between thousands. */
export function number(value: number): string {
  return value.toLocaleString('en')
}

/** `1 token`, `1,204 tokens`. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}
