import { buildImage, haveBase } from './engine.ts'

/** What the shipped files call them. */
export const IMAGE = 'puppet-registrar:0.1.0'
export const STAND_IN = 'puppet-stand-in:0.1.0'
export const BASE = 'node:24-alpine'

/** Builds both images, as the shipped files want them. */
export async function buildImages(): Promise<void> {
  await haveBase(BASE)
  await buildImage({ tag: IMAGE })
  await buildImage({ tag: STAND_IN, context: 'docker/puppet' })
}
