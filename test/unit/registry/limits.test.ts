import { expect, it } from 'vitest'
import { readRegistryConfig } from '../../../src/config/registry-config.ts'
import { REGISTRY_VARIABLES } from '../../../src/config/variables.ts'
import { DEFAULT_LIMITS } from '../../../src/registry/limits.ts'

const byDefault = (wanted: (typeof REGISTRY_VARIABLES)[number]['name']): string | undefined =>
  REGISTRY_VARIABLES.find(({ name }) => name === wanted)?.byDefault

it('the limits of a registry are those in --help', async () => {
  expect(DEFAULT_LIMITS).toEqual({
    registrants: Number(byDefault('REGISTRY_MAX_REGISTRANTS')),
    perToken: Number(byDefault('REGISTRY_MAX_REGISTRANTS_PER_TOKEN')),
    perAddress: Number(byDefault('REGISTRY_MAX_REGISTRANTS_PER_ADDRESS')),
    upgradeRate: Number(byDefault('REGISTRY_UPGRADE_RATE')),
    connections: Number(byDefault('REGISTRY_MAX_REGISTRANTS')) + 10_000,
  })
  expect((await readRegistryConfig({})).config.limits).toEqual(DEFAULT_LIMITS)
})
