import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const usual = {
  // Far more than any test takes: they end what hangs, and judge nobody's speed. What is waited for is usually there at once.
  testTimeout: 90_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 20_000 } },
  // To load what is tested costs more than most files test: a worker loads it once for all of them.
  isolate: false,
}

export default defineConfig({
  test: {
    // As many files at once as there are cores: much of the time they wait for processes, disks and clocks.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        test: {
          ...usual,
          name: 'parts',
          include: ['{packages,platform,apps}/*/**/*.test.ts', '{contracts,sallyport}/**/*.test.ts'],
          exclude: ['platform/gateway/**', '**/node_modules/**'],
          globalSetup: ['packages/database/src/testing/global-setup.ts'],
        },
      },
      {
        test: {
          ...usual,
          name: 'gateway',
          include: ['platform/gateway/**/*.test.ts'],
          globalSetup: ['packages/database/src/testing/global-setup.ts'],
          setupFiles: ['platform/gateway/test/close-doors.ts'],
        },
      },
      {
        test: {
          ...usual,
          name: 'doors',
          include: ['e2e/**/*.test.ts'],
          exclude: ['e2e/clients/**', 'e2e/cluster/**'],
          globalSetup: ['e2e/support/global-setup.ts'],
        },
      },
      {
        test: {
          ...usual,
          name: 'cluster',
          include: ['e2e/cluster/*.test.ts'],
        },
      },
      {
        test: {
          ...usual,
          name: 'clients',
          include: ['e2e/clients/*.test.ts'],
          globalSetup: ['e2e/support/global-setup.ts'],
        },
      },
    ],
  },
})
