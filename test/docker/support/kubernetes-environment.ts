import { writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { makeTempDir } from '../../support/temp-dir.ts'
import type { Container, EnvVar } from './kubernetes.ts'

/** What the downward API could say. */
const FIELDS: Readonly<Record<string, string>> = {
  'metadata.name': 'puppet-5d8f-x2x4z',
  'metadata.namespace': 'bots',
  'status.hostIP': '192.0.2.10',
  'status.podIP': '10.244.1.7',
}

const TOKEN = 'insecure_6f0d1c52-8a44-4d0b-9d3e-0a1f6c2b7e11'
const TOKEN_OF_FILE = 'insecure_0b77d9f3-51c6-4e0f-8f1a-c4d2a9e6b3f8'

/** The environment that a container would find, with made up addresses and tokens in place of what a cluster knows. */
export function environmentOf(container: Container): Readonly<Record<string, string>> {
  const env: Record<string, string> = {}
  for (const variable of container.env ?? []) env[variable.name] = found(variable, env, container)
  return env
}

function found(
  { name, value, valueFrom }: EnvVar,
  earlier: Readonly<Record<string, string>>,
  container: Container,
): string {
  if ((value === undefined) === (valueFrom === undefined))
    throw new Error(`${name}: a value or a valueFrom, not both`)
  if (valueFrom?.secretKeyRef !== undefined) return TOKEN
  if (valueFrom !== undefined) {
    const field = FIELDS[valueFrom.fieldRef?.fieldPath ?? '']
    if (field === undefined) throw new Error(`${name}: nothing is known of ${JSON.stringify(valueFrom)}`)
    return field
  }
  // As Kubernetes does it: a reference to what does not stand before it is left as it is.
  const text = (value as string).replace(
    /\$\(([A-Za-z_]\w*)\)/g,
    (written, other) => earlier[other] ?? written,
  )
  return name.endsWith('_FILE') ? inPlaceOf(text, container) : text
}

/** A folder of this machine in place of one that would be mounted, with a file of tokens in it, or the one that is named. */
function inPlaceOf(path: string, { name, volumeMounts = [] }: Container): string {
  const mount = volumeMounts.find(({ mountPath }) => !posix.relative(mountPath, path).startsWith('..'))
  if (mount === undefined) throw new Error(`${path} is not in any folder that is mounted into ${name}`)
  const folder = makeTempDir()
  const file = posix.relative(mount.mountPath, path)
  writeFileSync(join(folder, file || 'tokens.txt'), `${TOKEN_OF_FILE}\n`)
  return join(folder, file)
}
