/** Chance that is the same in every run: numbers in [0, 1), evenly spread, from a seed (Park and Miller's generator). */
export function seededChance(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return (state - 1) / 2_147_483_646
  }
  // The first numbers of neighbouring seeds are neighbours.
  for (let turn = 0; turn < 5; turn += 1) next()
  return next
}
