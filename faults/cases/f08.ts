import type { Bench, FaultCase } from "../case.ts";
import { deliverEvents } from "../facts/post-events.ts";
import { groupSize, partsOf } from "../load/event-of.ts";

const part = "audit-log-analysis";
/** Groups grow so many at a time. */
const openGroups = 40;

/** Redis dies: first with its append-only file, which keeps every window; then without, which keeps none. */
export const f08: FaultCase = {
  title: "Redis is killed with -9, with its append-only file and without",
  async run(bench) {
    const { pid } = bench.system.process(part);
    const kept = await killKeeping(bench);
    const lost = await killLosing(bench);
    if (bench.system.process(part).pid !== pid || bench.system.process(part).hasExited())
      bench.problem(`${part} did not live through it`);
    // The warning outlasts every run by minutes; a process that has seen no loss has nothing to warn of.
    await bench.system.restart(part);
    return `${kept}; ${lost}`;
  },
};

/** Twice under load; that the set of alerts is the same as without is what the judge looks at. */
async function killKeeping(bench: Bench): Promise<string> {
  const pids = [await bench.servers.redis.pid()];
  for (let n = 0; n < 2; n += 1) {
    bench.say("killing Redis, which has its append-only file");
    await bench.servers.redis.kill();
    await bench.lasts(1500);
    await bench.servers.redis.startAgain();
    pids.push(await bench.servers.redis.pid());
    await bench.system.healthy();
    await bench.lasts(1500);
  }
  if (new Set(pids).size !== 3) bench.problem(`Redis had the process ids ${pids.join()}: was it killed?`);
  return `with the file: process ids ${pids.join(" ")}`;
}

/**
 * As Debian ships it. What is counted at that moment is lost, so the load has ended and no group is open then; events
 * that need no window come while it is away, and each has to raise its alert; then groups are counted from new.
 */
async function killLosing(bench: Bench): Promise<string> {
  const { servers, load, system } = bench;
  await bench.until(
    () => load.facts().acked >= 5000,
    "the load has sent what makes the run worth a verdict",
    60_000,
  );
  await load.finish();
  await completeGroups(bench);
  await servers.redisCommand("CONFIG", "SET", "appendonly", "no");
  const keys = Number(await servers.redisCommand("DBSIZE"));
  if (keys === 0) bench.problem("There were no windows that could be lost");
  const resets = await system.metric(part, "auditflow_window_resets_total");
  bench.say(`killing Redis, which has ${keys} keys and no append-only file`);
  await servers.redis.kill();
  await raiseWithoutWindows(bench);
  await servers.redis.startAgain(["--appendonly", "no"]);
  const left = Number(await servers.redisCommand("DBSIZE"));
  if (left >= keys) bench.problem(`Redis came back with ${left} keys of ${keys}: nothing was lost`);
  try {
    await deliverEvents(bench, await load.mint("group", openGroups * groupSize));
    await untilTold(bench, resets);
  } finally {
    // The cases after this one have the file again.
    await servers.redisCommand("CONFIG", "SET", "appendonly", "yes");
  }
  return `without: ${keys} keys before, ${left} after`;
}

/** Canaries, which no window counts, while there is no Redis. */
async function raiseWithoutWindows(bench: Bench): Promise<void> {
  const canaries = await bench.load.mint("canary", 300);
  const before = await stored(bench);
  await deliverEvents(bench, canaries);
  await bench.until(
    async () => (await stored(bench)) >= before + canaries.length,
    "rules without windows raise their alerts while Redis is away",
    20_000,
  );
}

/** Sends what is missing to the groups that are open, and waits until all of it is counted. */
async function completeGroups(bench: Bench): Promise<void> {
  const { load, servers } = bench;
  const band = openGroups * groupSize;
  const first = await load.mint("group", 1);
  const n = partsOf(first[0]?.event_id ?? "")?.n ?? 0;
  await deliverEvents(bench, [...first, ...(await load.mint("group", band - 1 - (n % band)))]);
  const open = `select count(*)::int as n from alerts where merged_into is null and count > 1 and count <> ${groupSize}`;
  const isComplete = async (): Promise<boolean> => Number((await servers.sql(open))[0]?.["n"]) === 0;
  await bench.until(isComplete, "every group is complete", 60_000);
}

async function stored({ servers }: Bench): Promise<number> {
  const [row] = await servers.sql("select count(*)::int as n from alerts");
  return Number(row?.["n"]);
}

/** Whoever reads metrics or health learns that counts began anew. */
async function untilTold({ system, until, measured }: Bench, resets: number): Promise<void> {
  await until(
    async () => (await system.metric(part, "auditflow_window_resets_total")) > resets,
    "auditflow_window_resets_total rises",
    30_000,
  );
  const warning = await until(
    async () => {
      const { checks } = await system.health(part);
      return Object.values(checks).find(({ name, status }) => name === "redis" && status === "warn");
    },
    "health warns that windows were lost",
    20_000,
  );
  measured("health says", warning.last_error ?? "");
}
