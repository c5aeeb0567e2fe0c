import { sleep } from '../time.mjs'

/**
 * Everything that goes wrong, one row each.
 *
 * @typedef {object} Fault
 * @property {string} name
 * @property {string} about what it does, in words
 * @property {(world: World) => unknown} does
 * @property {number} forMs how long it lasts
 * @property {(world: World) => unknown} [undoes]
 * @property {Told[]} told what the oracle is told of it, the moment it is done, and again when it is undone
 * @property {number} [times] how often it is done, by default once
 * @property {number} [betweenMs] the pause between two times
 * @property {boolean} [ownDeath] the registrant itself dies: upstream's puppet dies with it
 *
 * @typedef {'puppet' | 'way' | 'link'} Told
 *   `puppet`: it cannot answer while the fault lasts. `way`: nothing reaches the registry while it lasts, and the link is lost.
 *   `link`: the link is lost, the way is open. Nothing: what there is to know a registrant need not act on.
 */

/** @type {Fault[]} in the order in which they are written, which is from the puppet by way of the link to the registry */
export const FAULTS = [
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
  {
    name: 'puppet and registry',
    about: 'the registry is killed, and the puppet; the puppet is back after 4 s, then the registry',
    does: ({ registry, puppet }) => Promise.all([registry.down(), puppet.down()]),
    forMs: 4000,
    undoes: async ({ registry, puppet }) => {
      await puppet.start()
      await sleep(1000)
      await registry.start()
    },
    told: ['puppet', 'way'],
  },
  {
    name: 'puppet and link',
    about: 'the link is reset while the puppet is frozen for 5 s',
    does: ({ puppet, relay }) => {
      puppet.signal('SIGSTOP')
      relay.reset()
    },
    forMs: 5000,
    undoes: ({ puppet }) => puppet.signal('SIGCONT'),
    told: ['puppet', 'link'],
  },
]

/** Does one fault from its beginning to its end; the oracle is told at once. */
export async function play({ does, undoes, forMs, told, times = 1, betweenMs = 0 }, world) {
  for (let round = 0; round < times; round += 1) {
    if (round > 0) await sleep(betweenMs)
    await does(world)
    world.oracle?.hearBegin(told)
    await sleep(forMs)
    await undoes?.(world)
    world.oracle?.hearEnd(told)
  }
}
