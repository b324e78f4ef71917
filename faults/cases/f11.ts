import type { Bench, Dependency, FaultCase } from "../case.ts";

const parts = ["audit-event-gateway", "audit-log-analysis", "notification-service"] as const;
const startLimitMs = 2000;
const noticedWithinMs = 5000;

const orders: readonly (readonly Dependency[])[] = [
  ["rabbitmq", "redis", "postgres"],
  ["rabbitmq", "postgres", "redis"],
  ["redis", "rabbitmq", "postgres"],
  ["redis", "postgres", "rabbitmq"],
  ["postgres", "rabbitmq", "redis"],
  ["postgres", "redis", "rabbitmq"],
];

/** Every service is started while it can reach nothing; then its dependencies come one by one, in each order. */
export const f11: FaultCase = {
  title: "every dependency is down at the start, and they come up in each of the six orders",
  // What is measured is starts and reconnects, 18 of them: a lighter load leaves the machine to them.
  rate: 300,
  async run(bench) {
    const { system, load, measured, problem, until } = bench;
    const starts: number[] = [];
    for (const [index, order] of orders.entries()) {
      const isFirst = index === 0;
      const took = await startWithout(bench, { alone: isFirst });
      if (isFirst) starts.push(...took);
      const down = new Set(order);
      await everyPartNames(bench, down);
      for (const dependency of order) {
        down.delete(dependency);
        await Promise.all(system.allLinks(dependency).map((link) => link.mode("pass")));
        await everyPartNames(bench, down);
      }
      const { acked } = load.facts();
      await until(() => load.facts().acked > acked + 100, "events are acknowledged again");
    }
    measured("start_ms", { most: Math.max(...starts), least: Math.min(...starts) });
    if (Math.max(...starts) > startLimitMs) problem(`a service took ${Math.max(...starts)} ms to start`);
    return `${orders.length * parts.length} starts without any dependency, each of which health named as down`;
  },
};

/** Kills every service, takes everything away, and starts them; resolves to the milliseconds of each start. */
async function startWithout(
  { system, load }: Bench,
  { alone }: { readonly alone: boolean },
): Promise<number[]> {
  await Promise.all(parts.map((part) => system.kill(part)));
  await Promise.all(system.allLinks().map((link) => link.mode("refuse")));
  if (!alone) return Promise.all(parts.map((part) => system.start(part)));
  // How long a start takes is measured of one at a time, on a machine that does nothing else.
  load.pause();
  const starts: number[] = [];
  for (const part of parts) starts.push(await system.start(part));
  load.resume();
  return starts;
}

/** Each part says exactly that these, of its dependencies, are down; it lives and is ready all the same. */
async function everyPartNames({ system, until, problem }: Bench, down: ReadonlySet<string>): Promise<void> {
  for (const part of parts) {
    const own = Object.keys(system.links(part));
    const wanted = own.filter((dependency) => down.has(dependency)).sort();
    const named = async (): Promise<string[]> => {
      const checks = Object.values((await system.health(part)).checks);
      const failing = checks.filter(({ name, status }) => status === "fail" && own.includes(name));
      return failing.map(({ name }) => name).sort();
    };
    const sentence = `${part} names as down ${wanted.join(", ") || "nothing"}`;
    await until(
      async () => String(await named()) === String(wanted),
      sentence,
      wanted.length === 0 ? 15_000 : noticedWithinMs,
    );
    for (const probe of ["livez", "readyz"] as const) {
      const status = await system[probe](part);
      if (status !== 200) problem(`/${probe} of ${part} answers ${status} with ${wanted.join(", ")} down`);
    }
  }
}
