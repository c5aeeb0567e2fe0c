import { AllowList } from '../../../src/registry/allow-list.ts'
import type { Registrant } from '../../../src/registry/registrant.ts'
import { RegistrationTable } from '../../../src/registry/registration-table.ts'
import type { RegistryServer } from '../../../src/registry/server.ts'
import { TokenSharing } from '../../../src/registry/token-sharing.ts'
import { TroubledTokens } from '../../../src/registry/troubled-tokens.ts'
import { createHarness, type RegistrantFixture, type ScriptedSocket } from './registry-harness.ts'

/** What those who only read a registry see of it. `open`: what a look saw of each of its ports. */
export function standIn({ reachability = true, list }: { reachability?: boolean; list?: AllowList } = {}) {
  const { clock, come } = createHarness()
  const table = new RegistrationTable<Registrant>()
  const sharing = new TokenSharing(clock, table, () => {})
  const open = new Map<Registrant, boolean>()
  const sockets = new Map<Registrant, ScriptedSocket>()
  const isOpen = (registrant: Registrant) => (reachability ? open.get(registrant) : undefined)
  const troubled = new TroubledTokens(clock, table, isOpen)
  const changed = ({ token }: Registrant): void => troubled.changed(token)
  const server = {
    table,
    sharing,
    troubled,
    allowList: list ?? new AllowList(),
    reachability: reachability
      ? {
          isOpen,
          get closedEndpoints() {
            return [...open.values()].filter((each) => !each).length
          },
        }
      : undefined,
  } as unknown as RegistryServer
  const join = (fixture: RegistrantFixture & { open?: boolean } = {}): Registrant => {
    const { registrant, socket } = come({ unresponsive: changed, responsive: changed, ...fixture })
    sockets.set(registrant, socket)
    table.add(registrant)
    if (fixture.open !== undefined) open.set(registrant, fixture.open)
    changed(registrant)
    return registrant
  }
  const socketOf = (registrant: Registrant): ScriptedSocket | undefined => sockets.get(registrant)
  return { clock, table, sharing, troubled, open, server, join, socketOf }
}
