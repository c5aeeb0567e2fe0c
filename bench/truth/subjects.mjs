import { launchPuppet, startSidecar, startUpstream } from '../cast.mjs'
import { Oracle } from './oracle.mjs'
import { quietPort } from './quiet-port.mjs'
import { Supervised } from './supervised.mjs'

const SLOW_ANSWERS = ['--import', new URL('slow-answers.mjs', import.meta.url).href]
/** One that is told the truth cannot die. */
const NOBODY = { end() {}, signal() {} }

/**
 * The subjects: each makes the puppet of a world and what registers it.
 * @typedef {object} Cast
 * @property {Supervised} puppet
 * @property {Supervised} sidecar upstream's is its puppet
 * @property {Oracle} [oracle]
 * @property {number} [adminPort] where a sidecar tells whether it holds the puppet back
 */
export const SUBJECTS = {
  product: {
    title: 'puppet-registrar',
    async cast(where) {
      const adminPort = await quietPort()
      const sidecar = new Supervised(() => startSidecar({ ...where, adminPort }))
      return { puppet: puppetAt(where.puppetPort), sidecar, adminPort }
    },
  },
  upstream: {
    title: "upstream's gateway",
    async cast(where) {
      const more = { WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: 'true' }
      const gateway = new Supervised(() => startUpstream({ ...where, more, preload: SLOW_ANSWERS }))
      return { puppet: gateway, sidecar: gateway }
    },
  },
  oracle: {
    title: 'oracle',
    async cast(where) {
      return { puppet: puppetAt(where.puppetPort), sidecar: NOBODY, oracle: new Oracle(where) }
    },
  },
}

function puppetAt(port) {
  return new Supervised(
    () => launchPuppet(port, SLOW_ANSWERS),
    (process) => process.message('the puppet binds its port'),
  )
}
