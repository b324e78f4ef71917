import { interruption } from "../scripts/servers.ts";
import { onServers } from "./court-on-servers.ts";
import { type Comparison, type Court, judgeProduct } from "./judge-product.ts";
import type { OracleOptions } from "./options.ts";
import { plants } from "./plants.ts";
import { isEqual, tellDifferences } from "./report.ts";
import { oracleTypes } from "./rule-spec.ts";
import { adapters } from "./window-adapters.ts";

/** What is quick enough for every run of the tests: twenty seeds of short streams, on the servers less often. */
const quick: readonly OracleOptions[] = Array.from({ length: 20 }, (_, n) => {
  const rest = { seeds: [n + 1], events: 250, types: oracleTypes, plant: undefined, json: false };
  return [
    { ...rest, adapters: ["memory"], replicas: [1, 2, 5] },
    { ...rest, adapters: ["sqlite", "redis"], replicas: [[1, 2, 5][n % 3]!] },
  ] as const;
}).flat();

/** Each plant, which every adapter's run has to find. */
const planted: readonly OracleOptions[] = Object.keys(plants).map((plant) => ({
  ...{ seeds: [1, 2, 3], events: 1500, types: oracleTypes, json: false },
  ...{ adapters, replicas: [2], plant },
}));

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

async function runQuick(court: Court): Promise<Tally> {
  const comparisons: Comparison[] = [];
  for (const options of quick) comparisons.push(...(await judgeProduct(options, court)));
  const equal = comparisons.filter(isEqual);
  for (const line of tellDifferences(comparisons)) say(line);
  const alerts = equal.reduce((sum, comparison) => sum + comparison.alerts, 0);
  say(`${comparisons.length} compared, ${equal.length} equal, ${alerts} alerts in those`);
  return { passed: alerts === 0 ? 0 : equal.length, failed: comparisons.length - equal.length };
}

async function runPlanted(court: Court): Promise<Tally> {
  let passed = 0;
  for (const options of planted) {
    const comparisons = await judgeProduct(options, court);
    for (const adapter of adapters) {
      const found = comparisons.some(
        (comparison) =>
          comparison.adapter === adapter && comparison.failure === undefined && !isEqual(comparison),
      );
      say(`plant ${options.plant} on ${adapter}: ${found ? "found" : "NOT found"}`);
      if (found) passed += 1;
    }
  }
  return { passed, failed: planted.length * adapters.length - passed };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const signal = interruption();
  const tallies = await onServers(adapters, async (court) => {
    const all = { ...court, signal, onRun: () => undefined };
    return [await runQuick(all), await runPlanted(all)];
  });
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, signal.aborted ? 1 : 0);
  say(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main();
