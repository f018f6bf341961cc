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
        },
      },
      {
        test: {
          name: 'postgres',
          include: [postgres],
          exclude: [nightly, 'node_modules/**'],
          globalSetup: ['test/postgres/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // They wait for databases and processes more than they compute.
          maxWorkers: 3,
        },
      },
    ],
  },
})
