import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runChecks } from "./check.ts";
import { chromiumEnvironment } from "./chromium.ts";
import { root } from "./root.ts";
import { runCommand, tool } from "./run-command.ts";
import { interruption, startServers } from "./servers.ts";

/** How many test cases or steps of a suite passed, and how many failed. */
interface Tally {
  readonly passed: number;
  readonly failed: number;
}

interface SuiteOptions {
  /** Run only the test files whose path contains one of these. */
  readonly paths: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

interface Suite {
  readonly name: string;
  readonly needsServers: boolean;
  run(options: SuiteOptions): Promise<Tally>;
}

// `npm test` runs every row from top to bottom.
const suites: readonly Suite[] = [
  { name: "check", needsServers: false, run: ({ signal }) => runChecks(signal) },
  { name: "conformance", needsServers: false, run: runConformance },
  { name: "unit", needsServers: true, run: (options) => runVitest("unit", options) },
  { name: "oracle", needsServers: true, run: runOracle },
  { name: "scenarios", needsServers: true, run: (options) => runVitest("scenarios", options) },
  { name: "browser", needsServers: true, run: runBrowser },
  // It breaks servers, and so starts its own.
  { name: "faults", needsServers: true, run: runFaultSmoke },
];

/** The rules and events of others, and the specification, against the engine. */
async function runConformance({ signal }: SuiteOptions): Promise<Tally> {
  const command = [process.execPath, "--conditions=auditflow-source", "conformance/run.ts"];
  const { output } = await runCommand(command, { env: corpus(), output: "keep", seconds: 120, signal });
  process.stdout.write(output);
  return tallyLine(output);
}

/** The page as it is built now, in a real browser. */
async function runBrowser(options: SuiteOptions): Promise<Tally> {
  const { signal } = options;
  const build = ["npm", "run", "--silent", "build:page"];
  const { code } = await runCommand(build, { output: "show", seconds: 120, signal });
  if (code !== 0) return { passed: 0, failed: 1 };
  const browser = await chromiumEnvironment();
  return runVitest("browser", { ...options, environment: { ...options.environment, ...browser } });
}

/** Correlation on every window store against SQL, and that faults planted into it are found. */
async function runOracle({ environment, signal }: SuiteOptions): Promise<Tally> {
  const command = [process.execPath, "--conditions=auditflow-source", "oracle/smoke.ts"];
  const { output } = await runCommand(command, { env: environment, output: "keep", seconds: 300, signal });
  process.stdout.write(output);
  return tallyLine(output);
}

/** The fault cases that are quick; each is one line of output, with its numbers. */
async function runFaultSmoke({ signal }: SuiteOptions): Promise<Tally> {
  const command = [process.execPath, "--conditions=auditflow-source", "faults/run.ts", "smoke"];
  const { output } = await runCommand(command, { output: "keep", seconds: 900, signal });
  process.stdout.write(output);
  return tallyLine(output);
}

/** Reads the last line `N passed, N failed`; without one, or with nothing passed, something failed. */
export function tallyLine(output: string): Tally {
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [];
  if (passed === undefined || failed === undefined) return { passed: 0, failed: 1 };
  return { passed: Number(passed), failed: Number(failed) };
}

async function runVitest(project: string, options: SuiteOptions): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), "auditflow-test-"));
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const command = [...tool("vitest"), "run", "--project", project, ...reporters, ...options.paths];
  const { environment, signal } = options;
  const { code } = await runCommand(command, { env: environment, output: "show", seconds: 1500, signal });
  const text = await readFile(report, "utf8").catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
  return text === undefined ? { passed: 0, failed: 1 } : tallyVitest(JSON.parse(text), code);
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** Counts as a failure also each skipped test, each file that could not be loaded, and an error outside of every test. */
export function tallyVitest(report: VitestReport, code: number): Tally {
  const unloaded = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + report.numPendingTests + unloaded.length;
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}

/** Where the real logs and rules lie that some tests read: beside the repository unless the variable says. */
function corpus(): Readonly<Record<string, string>> {
  const beside = resolve(root, "../shared/data");
  return process.env["AUDITFLOW_CORPUS"] || !existsSync(beside) ? {} : { AUDITFLOW_CORPUS: beside };
}

/** Counts a tally and keeps its row, with the seconds since `started`, for the table at the end. */
type AddRow = (name: string, tally: Tally, started: number) => void;

async function runSuites(
  chosen: readonly Suite[],
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Tally> {
  const rows: string[] = [];
  const total = { passed: 0, failed: 0 };
  const add: AddRow = (name, tally, started) => {
    total.passed += tally.passed;
    total.failed += tally.failed;
    const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(7);
    rows.push(
      `${name.padEnd(12)}${seconds} s${String(tally.passed).padStart(7)} passed, ${tally.failed} failed`,
    );
  };
  for (const suite of chosen.filter((one) => !one.needsServers)) {
    const started = Date.now();
    add(suite.name, await suite.run({ paths, environment: {}, signal }), started);
  }
  const needing = chosen.filter((suite) => suite.needsServers);
  if (needing.length > 0 && !signal.aborted) await runBesideServers(needing, { paths, signal, add });
  process.stdout.write(`\n${rows.join("\n")}\n`);
  return signal.aborted ? { ...total, failed: total.failed + 1 } : total;
}

async function runBesideServers(
  chosen: readonly Suite[],
  { paths, signal, add }: Pick<SuiteOptions, "paths" | "signal"> & { readonly add: AddRow },
): Promise<void> {
  const started = Date.now();
  // Without servers the suites still run: the tests that need none are worth their verdict.
  const servers = await startServers().catch((error: unknown) => {
    process.stdout.write(`The servers for tests did not start. ${String(error)}\n`);
  });
  add("servers", { passed: 0, failed: servers === undefined ? 1 : 0 }, started);
  const environment = { ...corpus(), ...servers?.environment };
  try {
    for (const suite of chosen) {
      if (signal.aborted) return;
      const begun = Date.now();
      process.stdout.write(`\nsuite ${suite.name}\n`);
      add(suite.name, await suite.run({ paths, environment, signal }), begun);
    }
  } finally {
    await servers?.stop();
  }
}

/** `node scripts/test.ts [SUITE…] [-- PATH…]`; without a suite all of them. */
async function main(args: readonly string[]): Promise<number> {
  const dashes = args.indexOf("--");
  const names = dashes < 0 ? args : args.slice(0, dashes);
  const paths = dashes < 0 ? [] : args.slice(dashes + 1);
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const known = suites.map((suite) => suite.name).join(", ");
    process.stderr.write(`No such suite: ${unknown.join(", ")}. The suites are ${known}.\n`);
    return 1;
  }
  const chosen = suites.filter((suite) => names.length === 0 || names.includes(suite.name));
  const { passed, failed } = await runSuites(chosen, paths, interruption());
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
