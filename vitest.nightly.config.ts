import { defineConfig } from 'vitest/config'

/** Long runs: fuzzing, soaks and faults. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/**/*.nightly.test.ts'],
    exclude: ['node_modules/**'],
    globalSetup: ['test/postgres/global-setup.ts'],
    setupFiles: ['test/seed.ts'],
    env: { TEST_SEED: process.env.TEST_SEED ?? 'random' },
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
})
