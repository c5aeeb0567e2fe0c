import { type Command, startCommand, type TlsFiles } from './child.ts'
import { freePort } from './free-port.ts'

/** The built registry as a child process. */
export interface RegistryProcess {
  readonly command: Command
  /** `127.0.0.1:port`, where it speaks plain HTTP. */
  readonly authority: string
  /** The same with TLS; empty without a certificate. */
  readonly tlsAuthority: string
}

export interface RegistryProcessOptions {
  /** With these it listens on a second port, with TLS. */
  readonly tls?: TlsFiles
  readonly env?: Readonly<Record<string, string>>
}

/** Starts `node dist/main.js registry` on free ports of 127.0.0.1; resolves when it listens on all of them. */
export async function startRegistry({
  tls,
  env = {},
}: RegistryProcessOptions = {}): Promise<RegistryProcess> {
  const [port, tlsPort] = await Promise.all([freePort(), freePort()])
  const command = startCommand(['registry'], {
    env: {
      REGISTRY_LISTEN_HOST: '127.0.0.1',
      REGISTRY_LISTEN_PORT: String(port),
      REGISTRY_ADMIN_PORT: '0',
      ...(tls && {
        REGISTRY_LISTEN_TLS_PORT: String(tlsPort),
        REGISTRY_TLS_CERT_FILE: tls.certFile,
        REGISTRY_TLS_KEY_FILE: tls.keyFile,
      }),
      ...env,
    },
  })
  const listens = (wanted: number) =>
    command.line((line) => {
      const listening = line.includes('"registry listens"') ? JSON.parse(line) : {}
      return listening.port === wanted
    })
  await Promise.all([listens(port), tls && listens(tlsPort)])
  return {
    command,
    authority: `127.0.0.1:${port}`,
    tlsAuthority: tls === undefined ? '' : `127.0.0.1:${tlsPort}`,
  }
}
