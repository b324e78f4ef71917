import { defineConfig } from "orval";

/** The typed client of the page, made from the checked-in OpenAPI document; `npm run generate` runs it. */
export default defineConfig({
  auditflow: {
    input: { target: process.env["AUDITFLOW_OPENAPI"] ?? "../contracts/generated/openapi.json" },
    output: {
      mode: "single",
      client: "react-query",
      httpClient: "fetch",
      target: process.env["AUDITFLOW_CLIENT"] ?? "src/client/generated/auditflow.ts",
      override: {
        query: { version: 5, signal: true },
        mutator: { path: "./src/client/call.ts", name: "call" },
        fetch: { includeHttpResponseReturnType: false },
      },
    },
  },
});
