import { fileURLToPath } from "node:url";
import { takeStopSignals } from "./cli/stop-signals.ts";

const bin = fileURLToPath(new URL("../bin/auditflow.js", import.meta.url));
const isSetUp = process.execArgv.some((flag) => flag.startsWith("--max-semi-space-size"));

// What bounds a server's memory must be said when the runtime starts, and is not when this file is started directly:
// the process begins again, as itself, before anything is loaded.
if (process.argv[2] === "serve" && !isSetUp && process.execve !== undefined) {
  process.execve(process.execPath, [process.execPath, ...process.execArgv, bin, ...process.argv.slice(2)]);
}
if (process.argv[2] === "serve") takeStopSignals();
const { run } = await import("./cli/run.ts");

process.exitCode = await run(process.argv.slice(2));
