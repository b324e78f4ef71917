#!/usr/bin/env node
// Gives the program the Node it needs: a recent one, which a checkout carries as a dependency; for the sources of a
// checkout, which run by type stripping, the condition that leads to sources; for a server a small young generation.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const sources = at("../src/main.ts");
const built = at("../dist/main.js");
const own = at("../../../node_modules/.bin/node");
const args = process.argv.slice(2);
const tooOld = Number(process.versions.node.split(".")[0]) < 24;
const fromSources = existsSync(sources);

// By default the young generation grows to over 100 MiB and the old one to several times what it needs. All services
// in one process are to be small; one service alone is to be fast, and collects half as often with a larger one.
const isServer = args[0] === "serve";
const isAlone = isServer && args[1] !== undefined && args[1] !== "all" && !args[1].startsWith("-");
const small = isAlone
  ? ["--max-semi-space-size=32"]
  : ["--max-semi-space-size=8", "--heap-growing-percent=40"];
const heap = isServer ? small : [];
const wanted = [...(fromSources ? ["--conditions=auditflow-source"] : []), ...heap];
const given = (flag) => process.execArgv.some((other) => other.split("=")[0] === flag.split("=")[0]);
const missing = wanted.filter((flag) => !given(flag));

if (tooOld && !existsSync(own)) {
  console.error(
    `auditflow needs Node 24 or later; this is ${process.versions.node}. Install it from https://nodejs.org`,
  );
  process.exit(1);
} else if (tooOld || (missing.length > 0 && (process.execve !== undefined || fromSources))) {
  startAgain(tooOld ? own : process.execPath, [
    ...missing,
    ...process.execArgv,
    at("./auditflow.js"),
    ...args,
  ]);
} else {
  // Compiled code is kept for the next start, which is faster by a third and needs 25 MiB less because no types have
  // to be stripped; by the variable, worker threads have it too. A folder that cannot be written is no fault.
  process.env.NODE_COMPILE_CACHE ??= at("../../../node_modules/.cache/auditflow");
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(fromSources ? sources : built);
}

/** In the place of this process where the system can do that; else as its child. */
function startAgain(runtime, all) {
  // Several arenas of malloc keep what one of them freed from the others.
  const env = isServer ? { MALLOC_ARENA_MAX: "1", ...process.env } : process.env;
  if (process.execve !== undefined) process.execve(runtime, [runtime, ...all], env);
  const child = spawn(runtime, all, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
