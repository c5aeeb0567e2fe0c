import { LINK_FAULTS } from './faults/link.mjs'
import { PAIRS_FAULTS } from './faults/pairs.mjs'
import { PUPPET_FAULTS } from './faults/puppet.mjs'
import { REGISTRY_FAULTS } from './faults/registry.mjs'
import { SIDECAR_FAULTS } from './faults/sidecar.mjs'

/**
 * Everything that goes wrong, one row each, in `faults/`.
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

/** @type {Fault[]} in the order in which they are written */
export const FAULTS = [
  ...PUPPET_FAULTS,
  ...LINK_FAULTS,
  ...REGISTRY_FAULTS,
  ...SIDECAR_FAULTS,
  ...PAIRS_FAULTS,
]
