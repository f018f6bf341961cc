import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { temporaryPlace } from './test/temporary-place.ts'

process.env.TMPDIR = temporaryPlace()
// The workers and the commands that they start: hundreds of times the same sources.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

const nightly = '**/*.nightly.test.ts'
const postgres = 'test/**/*.pg.test.ts'

export default defineConfig({
  test: {
    // Those on Postgres wait for databases and processes more than they compute.
    maxWorkers: availableParallelism() + 1,
    // A worker reads the sources once, not for each of its files (isolate): that is half of what the suite took.
    projects: [
      {
        test: {
          name: 'unit',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [postgres, nightly, 'node_modules/**'],
          setupFiles: ['test/seed.ts'],
          // They share the machine with those on Postgres.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'postgres',
          isolate: false,
          include: [postgres],
          exclude: [nightly, 'node_modules/**'],
          globalSetup: ['test/postgres/global-setup.ts'],
          setupFiles: ['test/seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
