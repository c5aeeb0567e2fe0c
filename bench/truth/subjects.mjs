import { launchPuppet, startSidecar, startUpstream } from '../launch.mjs'
import { nonEphemeralPort } from './non-ephemeral-port.mjs'
import { Oracle } from './oracle.mjs'
import { RestartingProcess } from './restarting-process.mjs'

const SLOW_ANSWERS = ['--import', new URL('slow-answers.mjs', import.meta.url).href]
/** The oracle is part of the bench: faults of the registrant itself do not apply. */
const NO_PROCESS = { end() {}, signal() {} }

/**
 * The subjects: each creates the puppet of a testbed and its registrant. `main`: the product's build, by default this tree's.
 * @typedef {object} Participants
 * @property {RestartingProcess} puppet
 * @property {RestartingProcess} sidecar the registrant; upstream's is its puppet
 * @property {Oracle} [oracle]
 * @property {number} [adminPort] where a sidecar reports whether it holds the puppet back
 */
export const SUBJECTS = {
  product: {
    title: 'puppet-registrar',
    async create(options) {
      const adminPort = await nonEphemeralPort()
      const sidecar = new RestartingProcess(() => startSidecar({ ...options, adminPort }))
      return { puppet: puppetAt(options.puppetPort), sidecar, adminPort }
    },
  },
  upstream: {
    title: "upstream's gateway",
    async create(options) {
      const more = { WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: 'true' }
      const gateway = new RestartingProcess(() => startUpstream({ ...options, more, preload: SLOW_ANSWERS }))
      return { puppet: gateway, sidecar: gateway }
    },
  },
  oracle: {
    title: 'oracle',
    async create(options) {
      return { puppet: puppetAt(options.puppetPort), sidecar: NO_PROCESS, oracle: new Oracle(options) }
    },
  },
}

function puppetAt(port) {
  return new RestartingProcess(
    () => launchPuppet(port, SLOW_ANSWERS),
    (process) => process.firstMessage('the puppet binds its port'),
  )
}
