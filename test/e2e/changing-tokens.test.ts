import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { mountSecret } from '../support/files.ts'
import { loggedAtMs } from '../support/log-time.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

let puppet: Peer
beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: false })
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const sidecarFor = (path: string, registryPort: number): Promise<Sidecar> =>
  startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN_FILE: path,
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
  })
const ids = async (sidecar: Sidecar): Promise<readonly string[]> =>
  (await sidecar.status()).tokens.map(({ id }) => id).sort()
const namesOf = (...tokens: readonly string[]): readonly string[] => tokens.map(publicName).sort()

/** What a user does: a new file beside the old one, renamed into place. */
function replace(file: string, tokens: readonly string[]): void {
  writeFileSync(`${file}.new`, `${tokens.join('\n')}\n`)
  renameSync(`${file}.new`, file)
}

describe('a file of tokens that changes', () => {
  it('SIGHUP: new tokens register, removed ones withdraw, the others see no reconnect', async () => {
    const registry = await startPeer('recording-registry', {})
    const file = join(makeTempDir(), 'tokens')
    const [a, b, c] = ['insecure_change-aaaa', 'insecure_change-bbbb', 'insecure_change-cccc']
    replace(file, [a, b])
    const sidecar = await sidecarFor(file, registry.port)
    await sidecar.until('both registrations', allRegistered)
    replace(file, [a, c])
    sidecar.command.kill('SIGHUP')
    // Without the signal the file is read 10 s after the start.
    await waitUntil(async () => JSON.stringify(await ids(sidecar)) === JSON.stringify(namesOf(a, c)), {
      timeoutMs: 8000,
      what: 'the tokens to be those of the file',
    })
    await sidecar.until('the new registration', allRegistered)
    await waitUntil(async () => (await registry.ask('open')) === 2, {
      timeoutMs: 15_000,
      what: 'the removed one to be closed',
    })
    // Rotation: the new one is there before the old one goes; the third notices nothing of it.
    expect(await registry.ask('history')).toEqual([
      { token: expect.stringMatching(/aaaa|bbbb/), what: 'opened' },
      { token: expect.stringMatching(/aaaa|bbbb/), what: 'opened' },
      { token: c, what: 'opened' },
      { token: b, what: 'closed', code: 1000 },
    ])
    await sidecar.command.line(/the tokens changed: 1 added, 1 removed/)
  })

  it('without a signal it is noticed within 10 s; what is wrong with it keeps the last good tokens, and is told once', async () => {
    const registry = await startPeer('chatie-registry', {})
    const file = join(makeTempDir(), 'tokens')
    const [a, b, c] = ['insecure_kept-aaaa', 'insecure_kept-bbbb', 'insecure_kept-cccc']
    replace(file, [a])
    const sidecar = await sidecarFor(file, registry.port)
    await sidecar.until('the registration', allRegistered)
    const source = async () => (await sidecar.status()).tokenSource.problems

    replace(file, [a, b])
    const writtenMs = Date.now()
    await sidecar.until('the second token', ({ registrations }) => registrations.registered === 2)
    const line = await sidecar.command.line(/the tokens changed: 1 added/)
    expect(loggedAtMs(line) - writtenMs).toBeLessThan(11_000)
    expect(await registry.ask('count', { token: b })).toBe(1)

    const faults: readonly (readonly [string, () => void, RegExp])[] = [
      ['half written', () => writeFileSync(file, `${a}\n${b}\n${c.slice(0, 14)}`), /line 3 has no newline/],
      ['illegal', () => replace(file, [a, `${b}/${c}`, b]), /line 2 holds a character/],
      ['empty', () => writeFileSync(file, ''), /holds no token/],
      ['gone', () => rmSync(file), /no such file/],
    ]
    for (const [what, fault, words] of faults) {
      fault()
      sidecar.command.kill('SIGHUP')
      const problems = await waitUntil(
        async () => {
          const [problem = ''] = await source()
          return words.test(problem) && (await source())
        },
        { timeoutMs: 15_000, what: `${what} to be noticed` },
      )
      expect(problems).toHaveLength(1)
      expect(await ids(sidecar)).toEqual(namesOf(a, b))
      expect((await sidecar.get('/metrics')).text).toContain('puppet_registrar_token_source_up 0')
      // Read again, it is the same trouble: nothing is told twice.
      const told = () =>
        sidecar.command.lines().filter((line) => words.test(line) && /because of their file/.test(line))
      const reread = sidecar.command.lines().filter((line) => line.includes('have been read again')).length
      sidecar.command.kill('SIGHUP')
      await waitUntil(
        () => sidecar.command.lines().filter((line) => line.includes('have been read again')).length > reread,
        { timeoutMs: 15_000, what: 'another reading' },
      )
      expect(told()).toHaveLength(1)
      expect(sidecar.command.output()).not.toContain(c.slice(0, 14))
    }
    expect(await registry.ask('count', { token: a })).toBe(1)
    expect(await registry.ask('count', { token: b })).toBe(1)

    replace(file, [b, c])
    sidecar.command.kill('SIGHUP')
    await sidecar.until('the third token', ({ tokens }) =>
      tokens.some(({ id, state }) => id === publicName(c) && state === 'registered'),
    )
    expect(await source()).toEqual([])
    expect((await sidecar.get('/metrics')).text).toContain('puppet_registrar_token_source_up 1')
    await waitUntil(async () => (await registry.ask('count', { token: a })) === 0, {
      timeoutMs: 15_000,
      what: 'the removed one to be gone',
    })
  })

  it('a mounted Secret that is swapped as kubelet does it', async () => {
    const registry = await startPeer('recording-registry', {})
    const folder = join(makeTempDir(), 'secret')
    mkdirSync(folder)
    const [a, b, c] = ['insecure_mounted-aaaa', 'insecure_mounted-bbbb', 'insecure_mounted-cccc']
    mountSecret(folder, { first: a, second: b })
    const sidecar = await sidecarFor(folder, registry.port)
    await sidecar.until('both registrations', allRegistered)
    mountSecret(folder, { first: a, third: c })
    // No signal: nobody sends one when kubelet swaps.
    await waitUntil(async () => JSON.stringify(await ids(sidecar)) === JSON.stringify(namesOf(a, c)), {
      timeoutMs: 30_000,
      what: 'the tokens to be those of the Secret',
    })
    await waitUntil(async () => (await registry.ask('open')) === 2, {
      timeoutMs: 15_000,
      what: 'the old one to go',
    })
    const history = await registry.ask<{ token: string; what: string }[]>('history')
    expect(history.slice(2).map(({ token, what }) => `${token} ${what}`)).toEqual([
      `${c} opened`,
      `${b} closed`,
    ])
  })
})
