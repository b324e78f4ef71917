import { boundToServer, missingEntries, readLock } from "./complete-lock.ts";
import { dependencyVerdict } from "./dependency-rules.ts";
import { folderListFaults } from "./folder-list.ts";
import { houseFaults } from "./house-rules.ts";
import { root } from "./root.ts";
import { runCommand, tool } from "./run-command.ts";
import { interruption } from "./servers.ts";

/** One thing that must hold of the whole repository; `faults` is empty when it does. */
interface Step {
  readonly name: string;
  faults(signal: AbortSignal): Promise<readonly string[]> | readonly string[];
}

const source = "--conditions=auditflow-source";

const steps: readonly Step[] = [
  command("format and lint", [...tool("biome"), "ci", "--colors=off", "--max-diagnostics=20", "."]),
  command("lint with types", [...tool("oxlint"), "--deny-warnings"]),
  command("types", [...tool("tsc"), "-b"]),
  { name: "dependency rules", faults: dependencyFaults },
  command("unused code", [...tool("knip"), "--no-progress", "--no-config-hints"]),
  command("generated files", [process.execPath, source, "scripts/generate.ts", "--check"]),
  { name: "lock file", faults: lockFaults },
  { name: "folder list", faults: () => folderListFaults(root) },
  { name: "house rules", faults: () => houseFaults(root) },
  command("package contracts", [...tool("publint"), "--strict", "packages/contracts"]),
  command("package sigma", [...tool("publint"), "--strict", "packages/sigma"]),
  command("package server", [...tool("publint"), "--strict", "packages/server"]),
];

function command(name: string, line: readonly string[]): Step {
  return {
    name,
    async faults(signal) {
      const { code, output } = await runCommand(line, { output: "keep", seconds: 300, signal });
      return code === 0 ? [] : [output.trimEnd() || `it ended with code ${code} and said nothing`];
    },
  };
}

async function dependencyFaults(signal: AbortSignal): Promise<readonly string[]> {
  const { modules, violations } = await dependencyVerdict(root, signal);
  // A lost setting makes the tool see nothing and praise it.
  if (modules === 0) return ["no module was read, so no rule was checked"];
  return violations.map(({ rule, from, to }) => `${rule}: ${from} -> ${to}`);
}

function lockFaults(): readonly string[] {
  const lock = readLock(root);
  const missing = Object.keys(missingEntries(lock)).map(
    (place) => `it lacks ${place}: run scripts/complete-lock.ts`,
  );
  return [
    ...missing,
    ...boundToServer(lock).map((place) => `${place} is bound to one registry by "resolved"`),
  ];
}

/** Takes every step, also after one failed, prints each with its seconds, and counts them. */
export async function runChecks(signal: AbortSignal): Promise<{ passed: number; failed: number }> {
  let failed = 0;
  for (const step of steps) {
    const started = Date.now();
    const faults = await faultsOf(step, signal);
    const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${faults.length === 0 ? "pass" : "FAIL"} ${seconds} s  ${step.name}\n`);
    for (const fault of faults) process.stdout.write(`${fault.replace(/^/gm, "     ")}\n`);
    if (faults.length > 0) failed += 1;
  }
  return { passed: steps.length - failed, failed };
}

async function faultsOf(step: Step, signal: AbortSignal): Promise<readonly string[]> {
  if (signal.aborted) return ["interrupted"];
  try {
    return await step.faults(signal);
  } catch (error) {
    return [String(error)];
  }
}

if (import.meta.main) {
  const { failed } = await runChecks(interruption());
  process.exitCode = failed > 0 ? 1 : 0;
}
