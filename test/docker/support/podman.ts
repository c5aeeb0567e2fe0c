import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir } from '../../support/temp-dir.ts'
import { call } from './engine.ts'

/** A configuration of its own: limits that every machine may set, whatever its rights. */
const CONTAINERS_CONF = join(makeTempDir(), 'containers.conf')
writeFileSync(CONTAINERS_CONF, '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n')

/** Runs podman. */
export const podman = (...args: readonly string[]): Promise<string> =>
  call('podman', args, { CONTAINERS_CONF })

/** Plays a manifest, given as objects. */
export async function play(objects: readonly unknown[], ...options: readonly string[]): Promise<void> {
  const file = join(makeTempDir(), 'manifest.yaml')
  // JSON is YAML.
  writeFileSync(file, objects.map((object) => `---\n${JSON.stringify(object)}\n`).join(''))
  await podman('kube', 'play', ...options, file)
}

/** A Secret as podman 4.3 wants it: values in base64 in a JSON object. */
export async function createSecret(name: string, values: Readonly<Record<string, string>>): Promise<void> {
  const file = join(makeTempDir(), 'secret.json')
  const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  writeFileSync(file, JSON.stringify(Object.fromEntries(encoded)))
  await podman('secret', 'create', name, file)
}
