import { sleep } from '../../time.mjs'

/** Two at once. @type {Fault[]} see ../faults.mjs */
export const PAIRS_FAULTS = [
  {
    name: 'puppet and registry',
    about: 'the registry is killed, and the puppet; the puppet is back after 4 s, then the registry',
    does: ({ registry, puppet }) => Promise.all([registry.down(), puppet.down()]),
    forMs: 4000,
    undoes: async ({ registry, puppet }) => {
      await puppet.start()
      await sleep(1000)
      await registry.start()
    },
    told: ['puppet', 'way'],
  },
  {
    name: 'puppet and link',
    about: 'the link is reset while the puppet is frozen for 5 s',
    does: ({ puppet, relay }) => {
      puppet.signal('SIGSTOP')
      relay.reset()
    },
    forMs: 5000,
    undoes: ({ puppet }) => puppet.signal('SIGCONT'),
    told: ['puppet', 'link'],
  },
]
