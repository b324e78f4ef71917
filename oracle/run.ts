import { interruption } from "../scripts/servers.ts";
import { onServers } from "./court-on-servers.ts";
import { type Comparison, judgeProduct } from "./judge-product.ts";
import { type OracleOptions, readOptions, usage } from "./options.ts";
import { plants } from "./plants.ts";
import { asJson, emptyRows, isEqual, rowsOf, summaryOf, tableOf, tellDifferences } from "./report.ts";

function onRun(run: readonly Comparison[], seconds: number): void {
  const [first] = run;
  if (first === undefined) return;
  const alerts = run.reduce((sum, comparison) => sum + comparison.alerts, 0);
  const differing = run.filter((comparison) => !isEqual(comparison)).map(({ type }) => type);
  const verdict = differing.length === 0 ? "equal" : `DIFFER: ${differing.join(", ")}`;
  const place = `seed ${first.seed} ${first.adapter} ${first.replicas}`;
  process.stderr.write(
    `${place}: ${first.events} events, ${alerts} alerts, ${seconds.toFixed(1)} s, ${verdict}\n`,
  );
}

function tell(options: OracleOptions, comparisons: readonly Comparison[]): number {
  const rows = rowsOf(comparisons);
  const differ = comparisons.some((comparison) => !isEqual(comparison));
  if (options.json) process.stdout.write(`${asJson(options, comparisons)}\n`);
  else {
    const lines = [...tellDifferences(comparisons), tableOf(rows), ...plantLines(options, comparisons)];
    process.stdout.write(`${lines.join("\n")}\n${summaryOf(comparisons)}\n`);
  }
  if (differ || options.plant !== undefined) return differ ? 1 : 0;
  const empty = emptyRows(rows).map(({ type, adapter, replicas }) => `${type} ${adapter} ${replicas}`);
  if (empty.length === 0) return 0;
  process.stderr.write(`Nothing to compare, give more --events or --seeds: ${empty.join(", ")}\n`);
  return 1;
}

function plantLines({ plant }: OracleOptions, comparisons: readonly Comparison[]): string[] {
  if (plant === undefined) return [];
  const runs = Map.groupBy(comparisons, ({ seed, adapter, replicas }) => `${seed} ${adapter} ${replicas}`);
  const found = [...runs.values()].filter((run) => !run.every(isEqual)).length;
  const verdict = found === 0 ? "was NOT found" : "was found";
  return [`plant ${plant} (${plants[plant]?.breaks}) ${verdict}: in ${found} of ${runs.size} runs`];
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === "help") process.stdout.write(usage);
  if (options === "help") return 0;
  if ("fault" in options) {
    process.stderr.write(`${options.fault}\n${usage}`);
    return 2;
  }
  const signal = interruption();
  try {
    const comparisons = await onServers(options.adapters, (court) =>
      judgeProduct(options, { ...court, signal, onRun }),
    );
    return signal.aborted ? 130 : tell(options, comparisons);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write(
      "Servers are those of AUDITFLOW_TEST_POSTGRES_URL and AUDITFLOW_TEST_REDIS_URL; with a variable unset one is started here.\n",
    );
    return 1;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
