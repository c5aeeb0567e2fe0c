/** As glibc had it for long; more would be a slow way to find nothing. */
const SEARCH_MAX = 6

export interface SearchRules {
  /** Domains that may be added to a name. */
  readonly search: readonly string[]
  /** A name with fewer dots is tried with these domains first. */
  readonly ndots: number
}

/**
 * Reads what resolv.conf(5) says about search domains; the servers are read by c-ares.
 *
 * @param ownName the name of this machine, whose domain is searched where the file names none
 */
export function searchRules(text: string, ownName: string): SearchRules {
  let search = ownName.includes('.') ? [ownName.slice(ownName.indexOf('.') + 1)] : []
  let ndots = 1
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/)
    // Of several lines the last one counts.
    if (keyword === 'search' || keyword === 'domain') search = words
    if (keyword !== 'options') continue
    for (const word of words) ndots = Number(/^ndots:(\d{1,2})$/.exec(word)?.[1] ?? ndots)
  }
  const domains = search.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '')
  return { search: domains.slice(0, SEARCH_MAX), ndots }
}

/** The full names that a name may stand for, in the order in which they are to be tried. */
export function candidateNames(name: string, { search, ndots }: SearchRules): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const searched = search.map((domain) => `${name}.${domain}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...searched] : [...searched, name]
}
