/** Faults of the link between registrant and registry. @type {Fault[]} see ../faults.mjs */
export const LINK_FAULTS = [
  {
    name: 'link reset',
    about: 'both sides',
    begin: ({ relay }) => relay.reset(),
    forMs: 0,
    effects: ['link-lost'],
  },
  {
    name: 'link reset again',
    about: 'both sides, four times',
    begin: ({ relay }) => relay.reset(),
    forMs: 0,
    effects: ['link-lost'],
    times: 4,
    betweenMs: 2000,
  },
  {
    name: 'NAT forgets',
    about: 'the link is reset at the registrant; the registry keeps its side for 5 s',
    begin: ({ relay }) => relay.resetAtRegistrant(),
    forMs: 5000,
    end: ({ relay }) => relay.resetDeadLinks(),
    effects: ['link-lost'],
  },
  {
    name: 'half-open',
    about: 'the link is reset at the registry; the registrant keeps its side for 8 s',
    begin: ({ relay }) => relay.resetAtRegistry(),
    forMs: 8000,
    end: ({ relay }) => relay.resetDeadLinks(),
    effects: ['link-lost'],
  },
  {
    name: 'link black-holed',
    about: 'the link drops everything for 8 s, new links work',
    begin: ({ relay }) => relay.blackHole(),
    forMs: 8000,
    end: ({ relay }) => relay.resetDeadLinks(),
    effects: ['link-lost'],
  },
  {
    name: 'all black-holed',
    about: 'the link and new links drop everything for 5 s',
    begin: ({ relay }) => {
      relay.blackHole()
      relay.setAcceptMode('black-hole')
    },
    forMs: 5000,
    end: ({ relay }) => {
      relay.setAcceptMode('pass')
      relay.resetDeadLinks()
    },
    effects: ['registry-unreachable'],
  },
  {
    name: 'short outage',
    about: 'bytes are delayed by up to 2 s, none is lost',
    begin: ({ relay }) => relay.hold(),
    forMs: 2000,
    end: ({ relay }) => relay.release(),
    effects: [],
  },
  {
    name: 'slow link',
    about: '150 ms each way for 6 s',
    begin: ({ relay }) => relay.delay(150),
    forMs: 6000,
    end: ({ relay }) => relay.delay(0),
    effects: [],
  },
  {
    name: 'very slow link',
    about: '750 ms each way for 6 s',
    begin: ({ relay }) => relay.delay(750),
    forMs: 6000,
    end: ({ relay }) => relay.delay(0),
    effects: [],
  },
]
