/** What happens to the link between registrant and registry. @type {Fault[]} see ../faults.mjs */
export const LINK_FAULTS = [
  {
    name: 'link reset',
    about: 'both sides',
    does: ({ relay }) => relay.reset(),
    forMs: 0,
    told: ['link'],
  },
  {
    name: 'link reset again',
    about: 'both sides, four times',
    does: ({ relay }) => relay.reset(),
    forMs: 0,
    told: ['link'],
    times: 4,
    betweenMs: 2000,
  },
  {
    name: 'NAT forgets',
    about: 'the link is reset at the registrant; the registry keeps its side for 5 s',
    does: ({ relay }) => relay.resetRegistrants(),
    forMs: 5000,
    undoes: ({ relay }) => relay.bury(),
    told: ['link'],
  },
  {
    name: 'half-open',
    about: 'the link is reset at the registry; the registrant keeps its side for 8 s',
    does: ({ relay }) => relay.resetRegistrys(),
    forMs: 8000,
    undoes: ({ relay }) => relay.bury(),
    told: ['link'],
  },
  {
    name: 'link black-holed',
    about: 'the link swallows everything for 8 s, new links pass',
    does: ({ relay }) => relay.swallow(),
    forMs: 8000,
    undoes: ({ relay }) => relay.bury(),
    told: ['link'],
  },
  {
    name: 'all black-holed',
    about: 'the link and new links swallow everything for 5 s',
    does: ({ relay }) => {
      relay.swallow()
      relay.receive('swallow')
    },
    forMs: 5000,
    undoes: ({ relay }) => {
      relay.receive('pass')
      relay.bury()
    },
    told: ['way'],
  },
  {
    name: 'short outage',
    about: 'bytes are held back for 2 s, none is lost',
    does: ({ relay }) => relay.hold(),
    forMs: 2000,
    undoes: ({ relay }) => relay.release(),
    told: [],
  },
  {
    name: 'slow link',
    about: '150 ms each way for 6 s',
    does: ({ relay }) => relay.delay(150),
    forMs: 6000,
    undoes: ({ relay }) => relay.delay(0),
    told: [],
  },
  {
    name: 'very slow link',
    about: '750 ms each way for 6 s',
    does: ({ relay }) => relay.delay(750),
    forMs: 6000,
    undoes: ({ relay }) => relay.delay(0),
    told: [],
  },
]
