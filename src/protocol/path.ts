/** The path of a request's target, without its query; proxies write the whole URL before it (RFC 9112 §3.2.2). */
export function pathOf(target = '/'): string {
  const url = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '')
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** What percent signs stand for; the text itself where they stand for nothing. */
export function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
