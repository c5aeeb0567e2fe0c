import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set<string>()
let removesAtExit = false

/** An empty folder of its own; it goes away with `removeTempDirs()`, at the latest when the process exits. */
export function makeTempDir(): string {
  if (!removesAtExit) process.once('exit', removeTempDirs)
  removesAtExit = true
  const dir = mkdtempSync(join(tmpdir(), 'puppet-registrar-test-'))
  made.add(dir)
  return dir
}

/** Removes every folder that `makeTempDir` made in this process. */
export function removeTempDirs(): void {
  for (const dir of made) rmSync(dir, { recursive: true, force: true })
  made.clear()
}
