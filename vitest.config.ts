import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const timeouts = { testTimeout: 30_000, hookTimeout: 90_000 }

export default defineConfig({
  test: {
    // One file more at once than there are cores: much of the time they wait for processes, disks and clocks.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          ...timeouts,
          name: 'parts',
          include: ['{packages,platform,apps}/*/**/*.test.ts', '{contracts,sallyport}/**/*.test.ts'],
          globalSetup: ['packages/database/src/testing/global-setup.ts'],
        },
      },
      {
        test: {
          ...timeouts,
          name: 'doors',
          include: ['e2e/**/*.test.ts'],
          exclude: ['e2e/clients/**'],
          globalSetup: ['e2e/support/global-setup.ts'],
        },
      },
      {
        test: {
          ...timeouts,
          name: 'clients',
          include: ['e2e/clients/*.test.ts'],
          globalSetup: ['e2e/support/global-setup.ts'],
        },
      },
    ],
  },
})
