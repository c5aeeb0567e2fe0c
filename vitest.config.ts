import { defineConfig } from 'vitest/config'

// Where a machine wants to count: the report of a run, beside what people read.
const report = process.env.VITEST_REPORT
const define = { __VERSION__: JSON.stringify('0.0.0-test') }

export default defineConfig({
  define,
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      { define, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { define, test: { name: 'behaviour', include: ['test/behaviour/**/*.test.ts'], testTimeout: 20_000 } },
      {
        define,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Real processes on few cores: one file at a time, so that a bound of the promise is not eaten by a neighbour.
          fileParallelism: false,
        },
      },
      // Not part of `npm test`: containers, and what needs programs that not every machine has.
      {
        define,
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      // Not part of `npm test`: it wants root, and programs that not every machine has.
      {
        define,
        test: {
          name: 'netns',
          include: ['test/netns/**/*.test.ts'],
          globalSetup: ['test/netns/support/whole-run.ts'],
          testTimeout: 120_000,
          hookTimeout: 30_000,
          fileParallelism: false,
        },
      },
      // Not part of `npm test`: it takes the time that it is given, a minute.
      {
        define,
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
