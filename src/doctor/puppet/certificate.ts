import type { PeerCertificate } from 'node:tls'
import { printable } from '../../lib/printable.ts'

/** What a server name may hold: it is printed, and to be typed. */
const NAME = /^[a-z0-9_.-]{1,253}$/i
const NAMES_MAX = 5

/** The names that a certificate is for: those that are listed; where none are, that of its subject. Wildcards are left out. */
export function namesOf({ subjectaltname, subject }: PeerCertificate): readonly string[] {
  const listed = (subjectaltname ?? '').split(', ').flatMap((entry) => /^DNS:(.*)$/.exec(entry)?.[1] ?? [])
  const names = subjectaltname === undefined ? [subject?.CN ?? ''].flat() : listed
  return names.filter((name) => NAME.test(name)).slice(0, NAMES_MAX)
}

export function describeCertificate(certificate: PeerCertificate): string {
  const names = namesOf(certificate).join(', ') || 'no name'
  return `for ${names}, valid until ${printable(certificate.valid_to ?? '', (text) => text)}`
}
