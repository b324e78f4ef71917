import type { Bench, FaultCase } from "../case.ts";
import { dieAt } from "../facts/die-at.ts";

const part = "audit-log-analysis";

/** The places where it is most delicate: the window changed, the state committed, the alerts out, nothing acknowledged. */
const places = ["detect.stepped", "detect.committed", "detect.confirmed"];

/** Detection dies five times: twice anywhere, and once at each place where half of its work is done. */
export const f02: FaultCase = {
  title: "audit-log-analysis is killed with -9 five times",
  async run(bench) {
    const pids: number[] = [];
    for (let n = 0; n < 2; n += 1) pids.push(await killAnywhere(bench));
    await bench.system.kill(part);
    for (const place of places) {
      // Not the first times: those are of the start, and what is to be hit is the load.
      pids.push(await dieAt(bench, part, `${place}:kill:${10 + Math.floor(bench.random() * 10)}`));
    }
    bench.measured("back_ms", await bench.system.start(part));
    await untilEvaluating(bench);
    pids.push(bench.system.process(part).pid);
    if (new Set(pids).size !== 6)
      bench.problem(`Six processes were to run, and their ids were ${pids.join()}`);
    return `killed 5 times, of these at ${places.join(", ")}; process ids ${pids.join(" ")}`;
  },
};

async function killAnywhere(bench: Bench): Promise<number> {
  const { system } = bench;
  const { pid } = system.process(part);
  await system.kill(part);
  await bench.lasts(200 + bench.random() * 800);
  await system.start(part);
  await untilEvaluating(bench);
  await bench.lasts(bench.random() * 1000);
  return pid;
}

async function untilEvaluating({ system, until }: Bench): Promise<void> {
  const evaluated = (): Promise<number> => system.metric(part, "auditflow_events_evaluated_total");
  await until(async () => (await evaluated()) > 0, `the new ${part} evaluates events`, 30_000);
}
