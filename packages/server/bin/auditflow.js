#!/usr/bin/env node
// Runs the sources of a checkout by type stripping, a published package from dist; both need a recent Node, which a
// checkout carries as a dependency.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const sources = at("../src/main.ts");
const built = at("../dist/main.js");
const own = at("../../../node_modules/.bin/node");
const tooOld = Number(process.versions.node.split(".")[0]) < 24;
const fromSources = existsSync(sources);

if (!fromSources && !tooOld) await import(built);
else if (tooOld && !existsSync(own)) {
  console.error(
    `auditflow needs Node 24 or later; this is ${process.versions.node}. Install it from https://nodejs.org`,
  );
  process.exit(1);
} else {
  const entry = fromSources ? ["--conditions=auditflow-source", sources] : [built];
  const runtime = tooOld ? own : process.execPath;
  const child = spawn(runtime, [...entry, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
