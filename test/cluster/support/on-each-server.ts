import { describe, it } from 'vitest'
import { NATS_PROGRAMS, type NatsProgram } from './nats-programs.ts'

/** The same tests on each NATS server that there is; skipped where `can` is false. */
export function onEachServer(title: string, tests: (program: NatsProgram) => void, can = true): void {
  for (const program of NATS_PROGRAMS)
    describe.skipIf(!can)(`${title}, on ${program.name}`, () => tests(program))
  if (NATS_PROGRAMS.length === 0) describe.skip(title, () => it('needs a NATS server', () => {}))
}
