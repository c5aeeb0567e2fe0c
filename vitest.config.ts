import { defineConfig } from 'vitest/config'

// Where a machine wants to count: the report of a run, beside what people read.
const report = process.env.VITEST_REPORT
const define = { __VERSION__: JSON.stringify('0.0.0-test') }

/** By default the runner leaves one core idle, and starts a process for each file. */
const sideBySide = { pool: 'threads', maxWorkers: 2 } as const

/** One file at a time. */
const alone = { fileParallelism: false, sequence: { groupOrder: 2 } } as const

export default defineConfig({
  define,
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        define,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, ...sideBySide },
      },
      {
        define,
        test: {
          name: 'behaviour',
          include: ['test/behaviour/**/*.test.ts'],
          testTimeout: 60_000,
          ...sideBySide,
        },
      },
      {
        define,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Real processes, which mostly wait: more files at a time than cores. No bound here is so tight that neighbours could break it.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      // Not part of `npm test`: what waits for minutes, and the bounds of the promise, which no neighbour may eat: one file at a time.
      {
        define,
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          ...alone,
        },
      },
      // Not part of `npm test`, which has no time left: the client's half, in processes and with real bots.
      {
        define,
        test: {
          name: 'connect',
          include: ['test/connect/**/*.test.ts'],
          globalSetup: ['test/netns/support/whole-run.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Real processes, which mostly wait.
          maxWorkers: 3,
          sequence: { groupOrder: 4 },
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
          ...alone,
        },
      },
      // Not part of `npm test`: compilers and package registries of other languages.
      {
        define,
        test: {
          name: 'languages',
          include: ['test/languages/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...alone,
        },
      },
      // Not part of `npm test`: it wants root, and compilers and package registries of other languages.
      {
        define,
        test: {
          name: 'sdks',
          include: ['test/sdks/*.test.ts'],
          globalSetup: ['test/netns/support/whole-run.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Real processes, each cell in a network of its own.
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
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
          ...alone,
        },
      },
      // Not part of `npm test`, which has no time left: it wants a browser.
      {
        define,
        test: {
          name: 'page',
          include: ['test/page/*.test.ts'],
          retry: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Real processes and a browser, which mostly wait.
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
        },
      },
      // The other half of it: times, which no neighbour may eat.
      {
        define,
        test: {
          name: 'page-bounds',
          include: ['test/page/bounds/*.test.ts'],
          // On a machine that others may use too.
          retry: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...alone,
        },
      },
      // Not part of `npm test`: it wants root for some, and programs that not every machine has.
      {
        define,
        test: {
          name: 'doctor',
          include: ['test/doctor/**/*.test.ts'],
          globalSetup: ['test/netns/support/whole-run.ts'],
          testTimeout: 30_000,
          hookTimeout: 150_000,
          // Real processes, which mostly wait.
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
        },
      },
      // Not part of `npm test`: it wants NATS servers, which it gets from elsewhere, and root for some.
      {
        define,
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/netns/support/whole-run.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Real processes, which mostly wait.
          maxWorkers: 2,
          sequence: { groupOrder: 5 },
        },
      },
      // Not part of `npm test`: attackers want all that a machine has.
      {
        define,
        test: {
          name: 'siege',
          include: ['test/siege/**/*.test.ts'],
          // It compares times on a machine that others may use too.
          retry: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...alone,
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
          ...alone,
        },
      },
    ],
  },
})
