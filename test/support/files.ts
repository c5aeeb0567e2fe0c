import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

let versions = 0

/**
 * Puts files into a folder as the kubelet does it with a Secret, the first time and every time after: all of them into a
 * hidden folder of this version, which `..data` leads to from one moment to the next.
 */
export function mountSecret(dir: string, files: Readonly<Record<string, string>>): void {
  versions += 1
  const version = `..2026_11_22_10_00_00.${String(versions).padStart(9, '0')}`
  mkdirSync(join(dir, version))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, version, name), content)
  const data = join(dir, '..data')
  const before = existsSync(data) ? readlinkSync(data) : undefined
  symlinkSync(version, join(dir, '..data_tmp'))
  renameSync(join(dir, '..data_tmp'), data)
  for (const name of Object.keys(files)) {
    rmSync(join(dir, name), { force: true })
    symlinkSync(join('..data', name), join(dir, name))
  }
  for (const name of readdirSync(dir)) if (!name.startsWith('..') && !(name in files)) rmSync(join(dir, name))
  if (before !== undefined) rmSync(join(dir, before), { recursive: true })
}

/** Makes a named pipe in a folder; whoever opens it waits until somebody writes. */
export function makePipe(dir: string): string {
  const path = join(dir, 'pipe')
  execFileSync('mkfifo', [path])
  return path
}
