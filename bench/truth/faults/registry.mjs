/** Faults of the registry, or of a proxy in front of it. @type {Fault[]} see ../faults.mjs */
export const REGISTRY_FAULTS = [
  {
    name: 'registry restarted',
    about: 'SIGKILL, back after 1 s',
    begin: ({ registry }) => registry.down(),
    forMs: 1000,
    end: ({ registry }) => registry.start(),
    effects: ['registry-unreachable'],
  },
  {
    name: 'registry away',
    about: 'SIGKILL, back after 20 s',
    begin: ({ registry }) => registry.down(),
    forMs: 20_000,
    end: ({ registry }) => registry.start(),
    effects: ['registry-unreachable'],
  },
  {
    name: 'registry refuses',
    about: 'the link is reset, upgrades are answered 503 for 4 s',
    begin: ({ relay }) => {
      relay.setAcceptMode('503')
      relay.reset()
    },
    forMs: 4000,
    end: ({ relay }) => relay.setAcceptMode('pass'),
    effects: ['registry-unreachable'],
  },
  {
    name: 'registry slow',
    about: 'the link is reset, new links reach the registry 2.5 s late, for 6 s',
    begin: ({ relay }) => {
      relay.setAcceptMode('slow')
      relay.reset()
    },
    forMs: 6000,
    end: ({ relay }) => relay.setAcceptMode('pass'),
    effects: ['link-lost'],
  },
  {
    name: 'accepts and closes',
    about: 'the link is reset, connections are accepted and closed at once, for 6 s',
    begin: ({ relay }) => {
      relay.setAcceptMode('close')
      relay.reset()
    },
    forMs: 6000,
    end: ({ relay }) => relay.setAcceptMode('pass'),
    effects: ['registry-unreachable'],
  },
  {
    name: 'registry frozen',
    about: 'SIGSTOP for 8 s',
    begin: ({ registry }) => registry.signal('SIGSTOP'),
    forMs: 8000,
    end: ({ registry }) => registry.signal('SIGCONT'),
    effects: [],
  },
]
