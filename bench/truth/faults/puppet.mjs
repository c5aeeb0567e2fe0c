/** What happens to the puppet. @type {Fault[]} see ../faults.mjs */
export const PUPPET_FAULTS = [
  {
    name: 'late start',
    about: 'puppet and registrant start anew, the puppet 5 s after it',
    does: async ({ puppet, sidecar }) => {
      await puppet.down()
      sidecar.end('SIGKILL')
    },
    forMs: 5000,
    undoes: ({ puppet }) => puppet.start(),
    told: ['puppet'],
  },
  {
    name: 'puppet killed',
    about: 'SIGKILL, back after 4 s',
    does: ({ puppet }) => puppet.down(),
    forMs: 4000,
    undoes: ({ puppet }) => puppet.start(),
    told: ['puppet'],
  },
  {
    name: 'puppet restarted',
    about: 'SIGKILL, started again at once',
    does: ({ puppet }) => puppet.down(),
    forMs: 0,
    undoes: ({ puppet }) => puppet.start(),
    told: ['puppet'],
  },
  {
    name: 'puppet frozen',
    about: 'SIGSTOP for 8 s',
    does: ({ puppet }) => puppet.signal('SIGSTOP'),
    forMs: 8000,
    undoes: ({ puppet }) => puppet.signal('SIGCONT'),
    told: ['puppet'],
  },
  {
    name: 'puppet stutters',
    about: 'SIGSTOP for 1.2 s, three times',
    does: ({ puppet }) => puppet.signal('SIGSTOP'),
    forMs: 1200,
    undoes: ({ puppet }) => puppet.signal('SIGCONT'),
    told: ['puppet'],
    times: 3,
    betweenMs: 1500,
  },
  {
    name: 'slow answers',
    about: 'the puppet takes 200 ms for each answer, for 5 s: it can answer all the while',
    does: ({ puppet }) => puppet.tell({ delayMs: 200 }),
    forMs: 5000,
    undoes: ({ puppet }) => puppet.tell({ delayMs: 0 }),
    told: [],
  },
  {
    name: 'answers too slow',
    about: 'the puppet takes 1.5 s for each answer, for 3 s',
    does: ({ puppet }) => puppet.tell({ delayMs: 1500 }),
    forMs: 3000,
    undoes: ({ puppet }) => puppet.tell({ delayMs: 0 }),
    told: ['puppet'],
  },
  {
    name: 'puppet flaps',
    about: 'SIGKILL and back after 0.3 s, three times',
    does: ({ puppet }) => puppet.down(),
    forMs: 300,
    undoes: ({ puppet }) => puppet.start(),
    told: ['puppet'],
    times: 3,
    betweenMs: 1500,
  },
]
