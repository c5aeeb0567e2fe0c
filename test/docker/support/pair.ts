import { discover } from '../../support/discover.ts'
import { waitUntil } from '../../support/wait.ts'
import {
  type Container,
  createNetwork,
  HARDENED,
  type RegistryContainer,
  start,
  startPuppet,
  startRegistry,
} from './container.ts'
import { IMAGE } from './images.ts'

/** How registrar and puppet meet: in the puppet's network, or each in its own, by name. */
export type Meeting = 'shared network' | 'by name'

/** A registry, a puppet and a registrar beside it, each in a container. */
export interface Pair {
  readonly network: string
  readonly registry: RegistryContainer
  readonly puppet: Container
  readonly registrar: Container
  /** What a client is told now: the HTTP status. */
  found(): Promise<number>
  /** Waits until the token can be discovered. */
  untilFound(timeoutMs?: number): Promise<void>
}

export interface PairOptions {
  readonly meeting: Meeting
  readonly registryKind?: 'ours' | 'public'
  readonly token: string
}

export async function startPair({ meeting, registryKind = 'ours', token }: PairOptions): Promise<Pair> {
  const network = await createNetwork()
  const registry = await startRegistry(network, registryKind)
  const puppet = await startPuppet(network, token)
  const found = async (): Promise<number> => (await discover({ registryUrl: registry.url, token })).status
  const untilFound = async (timeoutMs = 20_000): Promise<void> => {
    const what = 'the token to be discovered'
    await waitUntil(async () => (await found()) === 200, { timeoutMs, everyMs: 20, what })
  }
  await puppet.line(/listens on port/)
  const registrar = await startRegistrar(meeting, { network, puppet, token })
  await untilFound().catch(async (error: Error) => {
    throw new Error(`${error.message}\n${await registrar.logs()}`)
  })
  return { network, registry, puppet, registrar, found, untilFound }
}

/** As the README says: without rights, and started again when it ends. */
function startRegistrar(
  meeting: Meeting,
  {
    network,
    puppet,
    token,
  }: { readonly network: string; readonly puppet: Container; readonly token: string },
): Promise<Container> {
  const env = [
    `WECHATY_PUPPET_SERVICE_TOKEN=${token}`,
    'REGISTRAR_REGISTRY_URL=ws://registry:8080',
    ...(meeting === 'by name' ? ['REGISTRAR_PUPPET_HOST=puppet', 'REGISTRAR_ADVERTISE_HOST=puppet'] : []),
  ].flatMap((variable) => ['--env', variable])
  const where = meeting === 'by name' ? network : `container:${puppet.name}`
  const options = ['--network', where, '--restart', 'unless-stopped', ...HARDENED, ...env]
  return start('registrar', options, IMAGE)
}
