/** Faults of a node of a cluster, and of its NATS server. @type {Fault[]} see ../faults.mjs */
export const NODE_FAULTS = [
  {
    name: 'node killed',
    about: 'SIGKILL of the node that has the registrant, back after 4 s',
    begin: ({ registry }) => registry.troubleNode((node) => node.down()),
    forMs: 4000,
    end: ({ registry }) => registry.mendNode((node) => node.start()),
    effects: ['link-lost'],
  },
  {
    name: 'node ended',
    about: 'SIGTERM of the node that has the registrant, started again by its supervisor',
    begin: ({ registry }) => registry.troubleNode((node) => node.end('SIGTERM')),
    forMs: 4000,
    end: ({ registry }) => registry.mendNode(() => {}),
    effects: ['link-lost'],
  },
  {
    name: 'node frozen',
    about: 'SIGSTOP of the node that has the registrant, for 8 s',
    begin: ({ registry }) => registry.troubleNode((node) => node.signal('SIGSTOP')),
    forMs: 8000,
    end: ({ registry }) => registry.mendNode((node) => node.signal('SIGCONT')),
    effects: ['link-lost'],
  },
  {
    name: 'NATS killed',
    about: 'SIGKILL of the NATS server, back after 1 s',
    begin: ({ registry }) => registry.server.endBy('SIGKILL'),
    forMs: 1000,
    end: ({ registry }) => registry.server.start(),
    effects: [],
  },
  {
    name: 'NATS frozen',
    about: 'SIGSTOP of the NATS server for 8 s',
    begin: ({ registry }) => registry.server.signal('SIGSTOP'),
    forMs: 8000,
    end: ({ registry }) => registry.server.signal('SIGCONT'),
    effects: [],
  },
]
