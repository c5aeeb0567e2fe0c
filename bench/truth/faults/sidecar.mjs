/** What happens to the registrant itself. @type {Fault[]} see ../faults.mjs */
export const SIDECAR_FAULTS = [
  {
    name: 'sidecar killed',
    about: 'SIGKILL, started again by its supervisor',
    does: ({ sidecar }) => sidecar.end('SIGKILL'),
    forMs: 0,
    told: [],
    ownDeath: true,
  },
  {
    name: 'sidecar ended',
    about: 'SIGTERM, started again by its supervisor',
    does: ({ sidecar }) => sidecar.end('SIGTERM'),
    forMs: 0,
    told: [],
    ownDeath: true,
  },
  {
    name: 'sidecar frozen',
    about: 'SIGSTOP for 5 s',
    does: ({ sidecar }) => sidecar.signal('SIGSTOP'),
    forMs: 5000,
    undoes: ({ sidecar }) => sidecar.signal('SIGCONT'),
    told: [],
    ownDeath: true,
  },
]
