import { COMBINED_FAULTS } from './faults/combined.mjs'
import { LINK_FAULTS } from './faults/link.mjs'
import { NODE_FAULTS } from './faults/node.mjs'
import { PUPPET_FAULTS } from './faults/puppet.mjs'
import { REGISTRY_FAULTS } from './faults/registry.mjs'
import { SIDECAR_FAULTS } from './faults/sidecar.mjs'

/**
 * All faults, one object each, in `faults/`.
 *
 * @typedef {object} Fault
 * @property {string} name
 * @property {string} about what it does, in words
 * @property {(testbed: Testbed) => unknown} begin
 * @property {number} forMs how long it lasts
 * @property {(testbed: Testbed) => unknown} [end]
 * @property {Effect[]} effects what the oracle learns of it at once, when it begins and when it ends
 * @property {number} [times] how often it happens, by default once
 * @property {number} [betweenMs] the pause between two times
 * @property {boolean} [ownDeath] the registrant itself dies: upstream's puppet dies with it
 *
 * @typedef {'puppet-down' | 'registry-unreachable' | 'link-lost'} Effect
 *   `puppet-down`: the puppet cannot answer while the fault lasts. `registry-unreachable`: nothing reaches the registry while it
 *   lasts, and the link is lost. `link-lost`: the link is lost, new ones are possible. None: a registrant need not act.
 */

/** @type {Fault[]} in the order in which they are written */
export const FAULTS = [
  ...PUPPET_FAULTS,
  ...LINK_FAULTS,
  ...REGISTRY_FAULTS,
  ...SIDECAR_FAULTS,
  ...COMBINED_FAULTS,
]

/** Those that happen to a cluster alone, too. */
export const CLUSTER_FAULTS = [...FAULTS, ...NODE_FAULTS]
