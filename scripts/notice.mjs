// The licences of what is in the bundle: they want to be handed on with it.
import { readdir, readFile } from 'node:fs/promises'

/** The folder of the package that a file belongs to, with and without a scope: `node_modules/@scope/name`. */
const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

/**
 * @param metafiles what esbuild says of each bundle
 * @returns a text with the name, the version and the licence of each package that the bundle has a part of. Rejects if one of them has none.
 */
export async function noticeOf(metafiles) {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs))
  const bytes = outputs.flatMap(({ inputs }) => Object.entries(inputs))
  const used = bytes
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path.match(PACKAGE)?.[0])
  const folders = [...new Set(used.filter((folder) => folder !== undefined))].sort()
  const parts = await Promise.all(folders.map(licenceOf))
  return `puppet-registrar holds parts of these packages:\n\n${parts.join('\n')}`
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'))
  const file = (await readdir(folder)).find((each) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(each))
  if (license === undefined && file === undefined) throw new Error(`${name} has no licence`)
  const text = file === undefined ? '' : `\n${await readFile(`${folder}/${file}`, 'utf8')}`
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n${text}`
}
