/** Faults of the puppet. @type {Fault[]} see ../faults.mjs */
export const PUPPET_FAULTS = [
  {
    name: 'late start',
    about: 'puppet and registrant restart, the puppet 5 s after the registrant',
    begin: async ({ puppet, sidecar }) => {
      await puppet.down()
      sidecar.end('SIGKILL')
    },
    forMs: 5000,
    end: ({ puppet }) => puppet.start(),
    effects: ['puppet-down'],
  },
  {
    name: 'puppet killed',
    about: 'SIGKILL, back after 4 s',
    begin: ({ puppet }) => puppet.down(),
    forMs: 4000,
    end: ({ puppet }) => puppet.start(),
    effects: ['puppet-down'],
  },
  {
    name: 'puppet restarted',
    about: 'SIGKILL, started again at once',
    begin: ({ puppet }) => puppet.down(),
    forMs: 0,
    end: ({ puppet }) => puppet.start(),
    effects: ['puppet-down'],
  },
  {
    name: 'puppet frozen',
    about: 'SIGSTOP for 8 s',
    begin: ({ puppet }) => puppet.signal('SIGSTOP'),
    forMs: 8000,
    end: ({ puppet }) => puppet.signal('SIGCONT'),
    effects: ['puppet-down'],
  },
  {
    name: 'puppet stutters',
    about: 'SIGSTOP for 1.2 s, three times',
    begin: ({ puppet }) => puppet.signal('SIGSTOP'),
    forMs: 1200,
    end: ({ puppet }) => puppet.signal('SIGCONT'),
    effects: ['puppet-down'],
    times: 3,
    betweenMs: 1500,
  },
  {
    name: 'slow answers',
    about: 'the puppet takes 200 ms for each answer, for 5 s: this counts as able to answer',
    begin: ({ puppet }) => puppet.send({ delayMs: 200 }),
    forMs: 5000,
    end: ({ puppet }) => puppet.send({ delayMs: 0 }),
    effects: [],
  },
  {
    name: 'answers too slow',
    about: 'the puppet takes 1.5 s for each answer, for 3 s',
    begin: ({ puppet }) => puppet.send({ delayMs: 1500 }),
    forMs: 3000,
    end: ({ puppet }) => puppet.send({ delayMs: 0 }),
    effects: ['puppet-down'],
  },
  {
    name: 'puppet flaps',
    about: 'SIGKILL and back after 0.3 s, three times',
    begin: ({ puppet }) => puppet.down(),
    forMs: 300,
    end: ({ puppet }) => puppet.start(),
    effects: ['puppet-down'],
    times: 3,
    betweenMs: 1500,
  },
]
