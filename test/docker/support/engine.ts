import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * A program that starts an engine where none runs (`up`), makes stand-ins for base images that cannot be pulled (`base IMAGE`) and
 * gives images to podman (`pods IMAGE`). Where there is a real engine and real images, it is not needed.
 */
const TESTBED = process.env.DOCKER_TESTBED ?? join(ROOT, '../shared/tools/docker-testbed')

/** How long anything may take that builds or pulls, in milliseconds. */
const SLOW_MS = 240_000

/** Runs a program to its end and resolves with what it said; rejects with all that it said. */
export async function call(file: string, args: readonly string[], env = {}): Promise<string> {
  const options = { cwd: ROOT, env: { ...process.env, ...env }, timeout: SLOW_MS, maxBuffer: 64 << 20 }
  try {
    const { stdout, stderr } = await run(file, [...args], options)
    return stdout.trim() || stderr.trim()
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(`${file} ${args.join(' ')}: ${stderr.trim() || stdout.trim() || message}`)
  }
}

export const docker = (...args: readonly string[]): Promise<string> => call('docker', args)

const works = (file: string, ...args: readonly string[]): Promise<boolean> =>
  call(file, args).then(
    () => true,
    () => false,
  )

/** Whether an engine answers, or does after the testbed has started one. */
async function findEngine(): Promise<boolean> {
  if (await works('docker', 'info')) return true
  return existsSync(TESTBED) && (await works(TESTBED, 'up')) && (await works('docker', 'info'))
}

/** Whether tests with containers can run. With DOCKER=required they have to. */
export const hasEngine = await findEngine()
if (!hasEngine) {
  const words = 'NO DOCKER ENGINE answers and none could be started: the tests with containers do not run'
  if (process.env.DOCKER === 'required') throw new Error(words)
  process.stderr.write(`\n!!! ${words} !!!\n\n`)
}

/** Sees to it that a base image is there: as it is, pulled, or as the testbed's stand-in. */
export async function haveBase(image: string): Promise<void> {
  if (await works('docker', 'image', 'inspect', image)) return
  if (await works('docker', 'pull', '--quiet', image)) return
  await call(TESTBED, ['base', image])
}

/** Gives images to podman, which the testbed installs where it is missing. */
export async function giveToPodman(...images: readonly string[]): Promise<void> {
  if (!(await works('podman', '--version'))) await call(TESTBED, ['pods', ...images])
  for (const image of images)
    if ((await idOf('podman', image)) !== (await idOf('docker', image)))
      await call('sh', ['-c', 'docker save "$1" | podman load -q', 'sh', image])
}

/** Which image it is; undefined where it is not there. */
async function idOf(client: string, image: string): Promise<string | undefined> {
  const id = await call(client, ['image', 'inspect', '--format', '{{.Id}}', image]).catch(() => undefined)
  return id?.replace('sha256:', '')
}

export interface BuildOptions {
  readonly tag: string
  /** Folder of the Dockerfile, relative to the project. Default: the project. */
  readonly context?: string
  readonly args?: Readonly<Record<string, string>>
}

/** Builds a Dockerfile as it stands. */
export async function buildImage({ tag, context = '.', args = {} }: BuildOptions): Promise<void> {
  const client = await builder()
  const folder = join(ROOT, context)
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
  const options = ['build', '--tag', tag, ...buildArgs, folder]
  await call(client, options, { DOCKER_BUILDKIT: '1' })
}

/** A client that builds with BuildKit: one with buildx, or one from before 23, which has it built in. */
async function builder(): Promise<string> {
  if (await works('docker', 'buildx', 'version')) return 'docker'
  for (const client of ['docker', '/usr/bin/docker']) {
    const version = await call(client, ['version', '--format', '{{.Client.Version}}']).catch(() => '99')
    if (Number.parseInt(version, 10) < 23) return client
  }
  throw new Error('no Docker client here builds with BuildKit: install buildx')
}

/** Runs Compose with files of the project (relative), or others. Options of Compose itself may stand before the command. */
export async function compose(
  project: string,
  files: readonly string[],
  ...args: readonly string[]
): Promise<string> {
  const options = [
    '--project-name',
    project,
    ...files.flatMap((file) => ['--file', resolve(ROOT, file)]),
    ...args,
  ]
  return (await works('docker', 'compose', 'version'))
    ? docker('compose', ...options)
    : call('docker-compose', options)
}
