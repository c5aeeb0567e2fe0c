import { afterAll, expect, it } from 'vitest'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { elapsed } from '../support/wait.ts'

afterAll(stopAllPeers)

it('a puppet that flaps is held back: three withdrawals cost nothing, the fourth 1 s and the fifth 2 s, counted from the withdrawal', async () => {
  const port = await freePort()
  const registry = await startPeer('chatie-registry', {})
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_flapping',
    WECHATY_PUPPET_SERVER_PORT: String(port),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
  })
  const returns: number[] = []
  const outs: number[] = []
  let withdrawn = elapsed()
  for (let time = 0; time < 6; time += 1) {
    const puppet = await startPeer('grpc-server', { health: 'SERVING', port })
    const since = elapsed()
    const status = await sidecar.until('the registration', allRegistered)
    returns.push(since())
    outs.push(withdrawn())
    expect(status.puppet.damping).toEqual({ withdrawals: time, holdSeconds: [0, 0, 0, 0, 1, 2][time] })
    puppet.kill('SIGKILL')
    withdrawn = elapsed()
    await puppet.exited
    await sidecar.until('the withdrawal', ({ registrations }) => registrations.idle === 1)
  }
  for (const returned of returns.slice(1, 4)) expect(returned).toBeLessThan(600)
  // The time that the puppet itself takes to start counts towards the hold.
  const [, , , , fourth = 0, fifth = 0] = outs
  expect(fourth).toBeGreaterThan(1000)
  expect(fourth).toBeLessThan(1000 + 600 + (fourth - (returns[4] ?? 0)))
  expect(fifth).toBeGreaterThan(2000)
  expect(sidecar.command.output()).toContain(
    'flapping: withdrawn 5 times in 10 min, held back for 2 s after the last time',
  )
  expect((await sidecar.get('/metrics')).text).toContain('withdrawals_total{cause="unhealthy"} 6')
})
