import { defineConfig } from 'vitest/config'

const nightly = '**/*.nightly.test.ts'
const postgres = 'test/**/*.pg.test.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [postgres, nightly, 'node_modules/**'],
          setupFiles: ['test/seed.ts'],
        },
      },
      {
        test: {
          name: 'postgres',
          include: [postgres],
          exclude: [nightly, 'node_modules/**'],
          globalSetup: ['test/postgres/global-setup.ts'],
          setupFiles: ['test/seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // They wait for databases and processes more than they compute.
          maxWorkers: 3,
        },
      },
    ],
  },
})
