import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../support/child.ts'
import { DEAD_LINK_MS, KILLED_MS, NOISE_MS, REGISTERED_AGAIN_MS } from './support/bounds.ts'
import { hasNamespaces } from './support/capability.ts'
import { NetworkHarness, OWN_PORT, PUBLIC_PORT, PUPPET_PORT, urlBehindRouter } from './support/harness.ts'
import { report } from './support/report.ts'
import { NAT, type Router } from './support/router.ts'
import { TOKEN } from './support/token.ts'

const HERE = `${NAT.routerOutside}:${PUPPET_PORT}`
const REGISTERED = 'connects_total{result="registered"}'

describe.skipIf(!hasNamespaces)('behind a router that forgets the conversations it carries', () => {
  let harness: NetworkHarness
  let router: Router
  let puppet: Command

  beforeEach(async () => {
    harness = await NetworkHarness.open()
    router = await harness.routerToRegistry()
    puppet = await harness.puppet()
  })
  afterEach(() => harness.close())

  it('there is a new link in time, and nobody is told 404, or of the old one, at our own registry', async () => {
    const registry = await harness.ownRegistry()
    const sidecar = await harness.sidecar(urlBehindRouter(OWN_PORT))
    await registry.watchDiscovery()
    await router.forget()
    const newMs = await sidecar.reaches(REGISTERED, 2, Date.now(), 30_000)
    // A discovery that waited for the new link may have been answered already, without a 503 in between.
    await registry.answered(HERE, 0, 5000)
    const told = await registry.answers()
    // While nothing is heard of the old link and there is no new one, our registry cannot say.
    expect(told.filter(({ answer }) => answer !== HERE && answer !== '503')).toEqual([])
    puppet.kill('SIGKILL')
    const goneMs = await registry.answered('404', Date.now(), 30_000)
    report('a router forgets, own registry', { newMs, goneMs })
    expect(newMs).toBeLessThan(DEAD_LINK_MS + REGISTERED_AGAIN_MS + NOISE_MS)
    expect(goneMs).toBeLessThan(KILLED_MS + NOISE_MS)
    expect(await sidecar.metric('withdrawals_total')).toBe(1)
  })

  it('there is a new link in time at the public registry, which lets go of no dead one', async () => {
    const registry = await harness.publicRegistry()
    const sidecar = await harness.sidecar(urlBehindRouter(PUBLIC_PORT))
    await router.forget()
    const newMs = await sidecar.reaches(REGISTERED, 2, Date.now(), 30_000)
    const registrants = await registry.peer.ask('count', { token: TOKEN })
    // It asks the older link first, waits 5 s, and says a port of its own making: no registrant can help that.
    const told = await registry.discover()
    report('a router forgets, public registry', { newMs, registrants, told })
    expect(newMs).toBeLessThan(DEAD_LINK_MS + REGISTERED_AGAIN_MS + NOISE_MS)
    expect(registrants).toBe(2)
    expect(await sidecar.metric('withdrawals_total')).toBe(0)
  })
})
