import { parseArgs } from "node:util";
import { AuditFlowError } from "@auditflow/contracts";
import { alerts } from "./alerts.ts";
import { detect } from "./detect.ts";
import { embedded } from "./embedded.ts";
import { pipeline } from "./pipeline.ts";
import { type Goal, report } from "./report.ts";
import { windows } from "./windows.ts";

/** How long a bench may take: `quick` ends within two minutes. */
export type Length = "quick" | "full";

const benches: Readonly<Record<string, (length: Length) => Promise<readonly Goal[]>>> = {
  alerts,
  detect,
  embedded,
  pipeline,
  windows,
};

const usage = `Usage: npm run bench -- NAME [--quick|--full] [--json]
Names: ${Object.keys(benches).join(", ")}
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean" }, full: { type: "boolean" }, json: { type: "boolean" } },
  });
  const bench = benches[positionals[0] ?? ""];
  if (bench === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const goals = await bench(values.full === true ? "full" : "quick");
  return report(goals, values.json === true) ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  // What whoever starts it can put right is a sentence; anything else shows where it went wrong.
  if (!(error instanceof AuditFlowError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return 2;
});
