import type { Bench, FaultCase } from "../case.ts";
import { queues } from "../system/run-servers.ts";

const service = "notification-service";
const downMs = 3000;
const storms = 6;

/** SIGKILL to PostgreSQL, and then its sessions ended over and over. */
export const f10: FaultCase = {
  title: "PostgreSQL is killed with -9, then its sessions are terminated over and over",
  async run(bench) {
    const { servers, system, load, measured, problem, lasts, until } = bench;
    const pid = await servers.postgres.pid();
    await servers.postgres.kill();
    await until(() => isSaid(bench), "health says that the database is down", 5000);
    const { acked } = load.facts();
    await readsAreRefused(bench);
    await lasts(downMs);
    const taken = load.facts().acked - acked;
    measured("acked_without_database", taken);
    if (taken === 0) problem("intake did not go on without the database");
    measured("alerts_waiting", (await servers.queue(queues.alerts)).messages);
    for (const probe of ["livez", "readyz"] as const) {
      const status = await system[probe](service);
      if (status !== 200) problem(`/${probe} answered ${status} without the database`);
    }
    await servers.postgres.startAgain();
    const begun = performance.now();
    await until(async () => (await system.health(service)).status === "pass", "it healed", 10_000);
    measured("healed_ms", Math.round(performance.now() - begun));
    const ended = await endSessions(bench);
    return `postmaster ${pid} was killed, health said so, and ${ended} sessions were terminated later`;
  },
};

async function isSaid({ system }: Bench): Promise<boolean> {
  const { checks } = await system.health(service);
  const check = Object.values(checks).find(({ name }) => name === "postgres");
  return check?.status === "fail" && check.last_error !== undefined && check.next_try_at !== undefined;
}

async function readsAreRefused({ system, problem }: Bench): Promise<void> {
  const answer = await fetch(`${system.api()}/api/v1/alerts`, { signal: AbortSignal.timeout(20_000) });
  const type = answer.headers.get("content-type") ?? "";
  if (answer.status !== 503 || !type.includes("problem+json") || answer.headers.get("retry-after") === null)
    problem(`without the database a read answers ${answer.status} ${type}: ${await answer.text()}`);
}

async function endSessions({ servers, lasts, load, until }: Bench): Promise<number> {
  let ended = 0;
  for (let n = 0; n < storms; n += 1) {
    const { acked } = load.facts();
    const rows = await servers.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    ended += rows.length;
    await lasts(200);
    await until(() => load.facts().acked > acked, "events are acknowledged meanwhile");
  }
  return ended;
}
