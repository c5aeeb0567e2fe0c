/** What happens to the registry, or to what stands before it. @type {Fault[]} see ../faults.mjs */
export const REGISTRY_FAULTS = [
  {
    name: 'registry restarted',
    about: 'SIGKILL, back after 1 s',
    does: ({ registry }) => registry.down(),
    forMs: 1000,
    undoes: ({ registry }) => registry.start(),
    told: ['way'],
  },
  {
    name: 'registry away',
    about: 'SIGKILL, back after 20 s',
    does: ({ registry }) => registry.down(),
    forMs: 20_000,
    undoes: ({ registry }) => registry.start(),
    told: ['way'],
  },
  {
    name: 'registry refuses',
    about: 'the link is reset, upgrades are answered 503 for 4 s',
    does: ({ relay }) => {
      relay.receive('503')
      relay.reset()
    },
    forMs: 4000,
    undoes: ({ relay }) => relay.receive('pass'),
    told: ['way'],
  },
  {
    name: 'registry slow',
    about: 'the link is reset, upgrades are heard after 2.5 s, for 6 s',
    does: ({ relay }) => {
      relay.receive('slow')
      relay.reset()
    },
    forMs: 6000,
    undoes: ({ relay }) => relay.receive('pass'),
    told: ['link'],
  },
  {
    name: 'accepts and closes',
    about: 'the link is reset, connections are accepted and closed at once, for 6 s',
    does: ({ relay }) => {
      relay.receive('close')
      relay.reset()
    },
    forMs: 6000,
    undoes: ({ relay }) => relay.receive('pass'),
    told: ['way'],
  },
  {
    name: 'registry frozen',
    about: 'SIGSTOP for 8 s',
    does: ({ registry }) => registry.signal('SIGSTOP'),
    forMs: 8000,
    undoes: ({ registry }) => registry.signal('SIGCONT'),
    told: [],
  },
]
