import { describe, expect, it } from 'vitest'
import type { PodSpec, SecurityContext } from './support/kubernetes.ts'
import { RESTRICTED, restrictedViolations } from './support/kubernetes-restricted.ts'

/** Keeps every rule. */
const CONTAINER = {
  name: 'only',
  image: 'puppet-registrar',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
}
const SECURITY: SecurityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
const POD: PodSpec = { containers: [CONTAINER], securityContext: SECURITY }

const ofContainer = (settings: object): Partial<PodSpec> => ({ containers: [{ ...CONTAINER, ...settings }] })
const inContainer = (settings: SecurityContext): Partial<PodSpec> =>
  ofContainer({ securityContext: { ...CONTAINER.securityContext, ...settings } })
const inPod = (settings: SecurityContext): Partial<PodSpec> => ({
  securityContext: { ...SECURITY, ...settings },
})

/** What breaks each of them. */
const BROKEN: Readonly<Record<string, readonly Partial<PodSpec>[]>> = {
  'shares no namespace of the host': [{ hostNetwork: true }, { hostPID: true }, { hostIPC: true }],
  'is no host process': [inContainer({ windowsOptions: { hostProcess: true } })],
  'is not privileged': [inContainer({ privileged: true })],
  'takes no port of the host': [ofContainer({ ports: [{ containerPort: 8788, hostPort: 8788 }] })],
  'probes no other host': [
    ofContainer({ livenessProbe: { tcpSocket: { port: 80, host: '192.0.2.1' } } }),
    ofContainer({ lifecycle: { preStop: { httpGet: { path: '/', port: 80, host: '192.0.2.1' } } } }),
  ],
  'keeps AppArmor on': [inContainer({ appArmorProfile: { type: 'Unconfined' } })],
  'keeps SELinux as it is': [
    inContainer({ seLinuxOptions: { type: 'spc_t' } }),
    inPod({ seLinuxOptions: { user: 'root' } }),
  ],
  'masks /proc': [inContainer({ procMount: 'Unmasked' })],
  'sets safe sysctls only': [inPod({ sysctls: [{ name: 'kernel.msgmax' }] })],
  'mounts allowed kinds of volumes only': [{ volumes: [{ name: 'all', hostPath: { path: '/' } }] }],
  'cannot gain privileges': [
    ofContainer({ securityContext: { capabilities: { drop: ['ALL'] } } }),
    inContainer({ allowPrivilegeEscalation: true }),
  ],
  'does not run as root': [
    { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
    inContainer({ runAsNonRoot: false }),
  ],
  'has no uid 0': [inContainer({ runAsUser: 0 }), inPod({ runAsUser: 0 })],
  'has a seccomp profile': [
    { securityContext: { runAsNonRoot: true } },
    inContainer({ seccompProfile: { type: 'Unconfined' } }),
  ],
  'drops all capabilities': [inContainer({ capabilities: { drop: ['NET_RAW'] } })],
  'adds no capability': [inContainer({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } })],
}

describe('the restricted profile, as the tests read it', () => {
  it('has nothing to say of a pod that keeps it', () => {
    expect(restrictedViolations(POD)).toEqual([])
  })

  it.each(Object.keys(RESTRICTED))('sees where "%s" is broken, and only that', (rule) => {
    for (const change of BROKEN[rule] ?? []) {
      const violations = restrictedViolations({ ...POD, ...change })
      expect(violations.length).toBeGreaterThan(0)
      for (const violation of violations) expect(violation).toContain(`"${rule}"`)
    }
    expect(BROKEN[rule]).toBeDefined()
  })

  it('looks at init containers too', () => {
    const init = { ...CONTAINER, name: 'first', securityContext: { capabilities: { drop: ['ALL'] } } }
    expect(restrictedViolations({ ...POD, initContainers: [init] })).toEqual([
      '"cannot gain privileges" is broken by first',
    ])
  })
})
