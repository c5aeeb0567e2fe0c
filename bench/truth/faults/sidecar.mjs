/** Faults of the registrant itself. @type {Fault[]} see ../faults.mjs */
export const SIDECAR_FAULTS = [
  {
    name: 'sidecar killed',
    about: 'SIGKILL, started again by its supervisor',
    begin: ({ sidecar }) => sidecar.end('SIGKILL'),
    forMs: 0,
    effects: [],
    ownDeath: true,
  },
  {
    name: 'sidecar ended',
    about: 'SIGTERM, started again by its supervisor',
    begin: ({ sidecar }) => sidecar.end('SIGTERM'),
    forMs: 0,
    effects: [],
    ownDeath: true,
  },
  {
    name: 'sidecar frozen',
    about: 'SIGSTOP for 5 s',
    begin: ({ sidecar }) => sidecar.signal('SIGSTOP'),
    forMs: 5000,
    end: ({ sidecar }) => sidecar.signal('SIGCONT'),
    effects: [],
    ownDeath: true,
  },
]
