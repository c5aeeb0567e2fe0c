import { systemClock } from '../../src/lib/clock.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'

/** As the product finds names, with the settings of this machine. */
export const { lookup } = new NameResolver({ clock: systemClock })
