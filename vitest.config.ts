import { defineConfig } from "vitest/config";

export default defineConfig({
  // `ssr.resolve` is the setting that makes workspace packages resolve to their sources.
  ssr: {
    resolve: { conditions: ["auditflow-source", "module", "node", "development|production"] },
  },
  test: {
    // Most tests wait for servers and processes half of their time; the default leaves one of two cores idle.
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "packages/server/testing/**/*.test.ts",
            "scripts/**/*.test.ts",
            "faults/**/*.test.ts",
            "conformance/**/*.test.ts",
            "oracle/**/*.test.ts",
            "deploy/docker/**/*.test.ts",
          ],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          pool: "threads",
        },
      },
      {
        extends: true,
        test: {
          // Needs the tools of deploy/tools; run by `npm run check:deploy`.
          name: "deploy",
          include: ["deploy/{helm,tests,checks,tools,cluster}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: "forks",
        },
      },
      {
        extends: true,
        test: {
          name: "scenarios",
          include: ["scenarios/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // All scenarios share the servers' queues.
          fileParallelism: false,
          pool: "forks",
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["scenarios/browser/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          pool: "forks",
        },
      },
    ],
  },
});
