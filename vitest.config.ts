import { defineConfig } from "vitest/config";

export default defineConfig({
  // `ssr.resolve` is the setting that makes workspace packages resolve to their sources.
  ssr: {
    resolve: { conditions: ["auditflow-source", "module", "node", "development|production"] },
  },
  test: {
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
    testTimeout: 20_000,
    pool: "threads",
  },
});
