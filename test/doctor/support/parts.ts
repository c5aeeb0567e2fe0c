import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, type Peer, startPeer, startProgram, type TlsFiles } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { makeTempDir } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { enter, type Machine, productOn } from './machine.ts'

export interface RegistryOptions {
  readonly port?: number
  /** Default 127.0.0.1; in a namespace, all of its addresses. */
  readonly host?: string
  readonly machine?: Machine
  readonly tls?: TlsFiles
  readonly env?: Readonly<Record<string, string>>
}

export interface Registry {
  readonly port: number
  stop(): Promise<unknown>
}

/** Our own registry. Resolves when it listens. */
export async function startOurRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { machine = {}, tls, env = {}, port = await freePort() } = options
  const { host = machine.namespace === undefined ? '127.0.0.1' : '0.0.0.0' } = options
  const command = startWords(productOn(machine, ['registry']), {
    REGISTRY_LISTEN_HOST: host,
    REGISTRY_LISTEN_PORT: String(port),
    REGISTRY_ADMIN_PORT: '0',
    ...(tls && { REGISTRY_TLS_CERT_FILE: tls.certFile, REGISTRY_TLS_KEY_FILE: tls.keyFile }),
    ...env,
  })
  await command.line(/"registry listens"/)
  const stop = (): Promise<unknown> => {
    command.kill('SIGKILL')
    return command.exit
  }
  return { port, stop }
}

export interface PublicRegistryOptions extends Omit<RegistryOptions, 'env'> {
  /** As later versions do: a port that it cannot open is told to clients as 127.0.0.1. */
  readonly checksPort?: boolean
}

/** The public registry's own server. */
export async function startPublicRegistry(options: PublicRegistryOptions = {}): Promise<Registry> {
  const { machine = {}, tls, checksPort = false, port = await freePort() } = options
  const { host = machine.namespace === undefined ? '127.0.0.1' : '0.0.0.0' } = options
  return startPeer('chatie-registry', { host, port, checksPort, ...(tls && { tls }) }, placeOf(machine))
}

export interface PuppetOptions {
  readonly port?: number
  readonly token: string
  /** With the community certificate, as a puppet has it by default. Default: without TLS. */
  readonly tls?: boolean
  readonly machine?: Machine
}

/** A real puppet service, which accepts its token only. */
export function startPuppet({ port, token, tls = false, machine = {} }: PuppetOptions): Promise<Peer> {
  const host = machine.namespace === undefined ? '127.0.0.1' : '0.0.0.0'
  return startPeer('wechaty-puppet', { host, token, tls, ...(port && { port }) }, placeOf(machine))
}

/** nginx with these servers. Resolves when its first port accepts. */
export async function startNginx(
  servers: string,
  ports: readonly number[],
  machine: Machine = {},
): Promise<Command> {
  const dir = makeTempDir()
  const path = join(dir, 'nginx.conf')
  writeFileSync(
    path,
    `daemon off; master_process off; pid ${path}.pid; error_log stderr; events {} http { access_log off; ${servers} }\n`,
  )
  const nginx = startWords([...enter(machine), 'nginx', '-p', dir, '-c', path])
  for (const port of ports) await accepts(port, machine)
  return nginx
}

/** Waits until a port of a machine's loopback accepts connections. */
export async function accepts(port: number, machine: Machine = {}): Promise<void> {
  const look = [...enter(machine), 'bash', '-c', `: <>/dev/tcp/127.0.0.1/${port}`]
  await waitUntil(async () => (await startWords(look).exit).code === 0, {
    timeoutMs: 10_000,
    what: `port ${port} to accept`,
    everyMs: 50,
  })
}

export function startClient(machine: Machine = {}): Promise<Peer> {
  return startPeer('client', {}, placeOf(machine))
}

export function placeOf({ namespace }: Machine): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace }
}

/** Runs words that already enter the machine. */
export function startWords(words: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const [file = '', ...rest] = words
  return startProgram(file, rest, env)
}
