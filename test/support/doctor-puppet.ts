import type { Finding } from '../../src/doctor/finding.ts'
import type { Machine } from '../../src/doctor/machine/machine.ts'
import { examinePuppet } from '../../src/doctor/puppet/puppet.ts'
import { readTolerantConfig } from '../../src/doctor/tolerant-config.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { ListeningPort } from '../../src/net/listening-ports.ts'
import { NameResolver, type NameResolverOptions } from '../../src/net/name-resolver.ts'

export const TOKEN = 'insecure_doctor-5b21'

/** A machine on which nothing listens, and which is in no container. */
export const EMPTY_MACHINE: Machine = {
  kind: 'machine',
  hasContainerNames: false,
  listening: [],
  uid: 1000,
  hasOnlyLoopback: false,
  interfaces: ['eth0 (192.0.2.7)'],
  networks: ['192.0.2.7/24'],
}

/** A port on which a process of this very user listens, or one of another user. */
export function listener(port: number, address = '127.0.0.1', uid = 1000): ListeningPort {
  return { address, port, uid }
}

/** What the doctor finds on the way to the puppet. */
export async function puppetFindings(
  env: Readonly<Record<string, string>>,
  machine: Partial<Machine> = {},
  names: Partial<NameResolverOptions> = {},
): Promise<readonly Finding[]> {
  const { config } = await readTolerantConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...env })
  if (config === undefined) throw new Error('no configuration')
  const findings: Finding[] = []
  const clock = systemClock
  const resolver = new NameResolver({ clock, ...names })
  await examinePuppet({ clock, config, resolver, machine: { ...EMPTY_MACHINE, ...machine } }, (finding) =>
    findings.push(finding),
  )
  return findings
}

export function firstFailure(findings: readonly Finding[]): Finding | undefined {
  return findings.find(({ status }) => status === 'fail')
}
