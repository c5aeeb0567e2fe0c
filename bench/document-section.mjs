import { readFileSync, writeFileSync } from 'node:fs'

/** Replaces the part of a document between the comments `<!-- NAME: … -->` and `<!-- end of NAME -->`. */
export function writeSection(file, name, text) {
  const before = readFileSync(file, 'utf8')
  const section = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[^]*?(<!-- end of ${name} -->)`)
  if (!section.test(before)) throw new Error(`${file} has no section ${name}`)
  writeFileSync(
    file,
    before.replace(section, (_all, head, end) => `${head}${text}${end}`),
  )
}
