import { sleep } from '../../time.mjs'

/** Two faults at once. @type {Fault[]} see ../faults.mjs */
export const COMBINED_FAULTS = [
  {
    name: 'puppet and registry',
    about: 'the registry is killed, and the puppet; the puppet is back after 4 s, then the registry',
    begin: ({ registry, puppet }) => Promise.all([registry.down(), puppet.down()]),
    forMs: 4000,
    end: async ({ registry, puppet }) => {
      await puppet.start()
      await sleep(1000)
      await registry.start()
    },
    effects: ['puppet-down', 'registry-unreachable'],
  },
  {
    name: 'puppet and link',
    about: 'the link is reset while the puppet is frozen for 5 s',
    begin: ({ puppet, relay }) => {
      puppet.signal('SIGSTOP')
      relay.reset()
    },
    forMs: 5000,
    end: ({ puppet }) => puppet.signal('SIGCONT'),
    effects: ['puppet-down', 'link-lost'],
  },
]
