import { ABRUPT_CAUSES } from '../../../src/registry/events.ts'
import { GapWait } from '../../../src/registry/gap-wait.ts'
import { Reachability } from '../../../src/registry/reachability/reachability.ts'
import type { Registrant } from '../../../src/registry/registrant.ts'
import { RegistrationTable } from '../../../src/registry/registration-table.ts'
import type { Resolution } from '../../../src/registry/resolution.ts'
import { Resolver } from '../../../src/registry/resolver.ts'
import { createHarness, type RegistrantFixture, TOKEN } from './registry-harness.ts'

/** What is said of one who comes; the listeners hear of it when the registry does. */
interface JoinOptions extends RegistrantFixture {
  readonly onUnresponsive?: () => void
  readonly onResponsive?: () => void
}

/** A registry without ports. `closed`: whether those of registrants do not open; undefined: nobody looks. */
export function beginDiscovery({ mask = false, closed }: { mask?: boolean; closed?: boolean } = {}) {
  const { clock, come } = createHarness()
  const table = new RegistrationTable<Registrant>()
  let checks = 0
  const check = async () => {
    checks += 1
    return { open: !closed, reason: closed ? 'x' : '' }
  }
  const reachability = new Reachability(clock, () => {}, { check })
  const gapWait = new GapWait(clock, () => true)
  const resolver = new Resolver({ clock, table, gapWait, reachability, mask })
  /** One comes, and goes as soon as it leaves. */
  const join = ({ onUnresponsive, onResponsive, ...fixture }: JoinOptions = {}) => {
    const one = come({
      left: (registrant, cause) => {
        table.remove(registrant)
        if (ABRUPT_CAUSES.has(cause)) gapWait.lost(registrant.token)
      },
      unresponsive: ({ token }) => {
        gapWait.lost(token)
        onUnresponsive?.()
      },
      responsive: ({ token }) => {
        onResponsive?.()
        gapWait.came(token)
      },
      ...fixture,
    })
    table.add(one.registrant)
    gapWait.came(one.registrant.token)
    if (closed !== undefined) reachability.join(one.registrant)
    return one
  }
  const find = async (token = TOKEN): Promise<Resolution> => resolver.find(token)
  return { clock, gapWait, table, resolver, reachability, checks: () => checks, join, find }
}
