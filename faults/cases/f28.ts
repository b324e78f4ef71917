import type { Bench, Dependency, FaultCase } from "../case.ts";
import { queues } from "../system/run-servers.ts";

const mostMs = 10_000;
/** Long enough that work is in hand which the dependency keeps from being finished. */
const faultMs = 2000;

/** Each service, a dependency of it, and the queue whose messages wait for it. */
const stops: readonly { readonly part: string; readonly dependency: Dependency; readonly queue?: string }[] =
  [
    { part: "audit-event-gateway", dependency: "rabbitmq" },
    { part: "audit-log-analysis", dependency: "rabbitmq", queue: queues.events },
    { part: "audit-log-analysis", dependency: "redis", queue: queues.events },
    { part: "notification-service", dependency: "rabbitmq", queue: queues.alerts },
    { part: "notification-service", dependency: "postgres", queue: queues.alerts },
  ];

const modes = { refuse: "down", drop: "black-holed" } as const;

/** A service is told to stop while what it needs does not answer: it ends in time, and its work stays in the broker. */
export const f28: FaultCase = {
  title: "SIGTERM while each dependency is down or black-holed",
  async run(bench) {
    const proofs: string[] = [];
    for (const mode of ["refuse", "drop"] as const)
      for (const stop of stops) proofs.push(await stopWithout(bench, { ...stop, mode }));
    return proofs.join("; ");
  },
};

async function stopWithout(
  bench: Bench,
  { part, dependency, queue, mode }: (typeof stops)[number] & { readonly mode: keyof typeof modes },
): Promise<string> {
  const { system, servers, measured, problem } = bench;
  const what = `${part} without ${dependency} (${modes[mode]})`;
  bench.say(what);
  const link = system.links(part)[dependency];
  if (link === undefined) throw new Error(`${part} has no link to ${dependency}`);
  const cut = link.connections();
  await link.mode(mode);
  await bench.lasts(faultMs);
  const { code, ms } = await system.term(part);
  measured(what, { code, ms });
  if (code !== 0) problem(`${what} ended with ${code}`);
  if (ms >= mostMs) problem(`${what} took ${ms} ms to end`);
  if (queue !== undefined) {
    const isQueued = async (): Promise<boolean> => (await servers.queue(queue)).messages > 0;
    await bench.until(isQueued, `messages wait in ${queue} for ${what}`, 30_000);
  }
  await link.mode("pass");
  await system.start(part);
  await bench.until(
    async () => (await system.health(part)).status === "pass",
    `${part} is well again`,
    60_000,
  );
  return `${cut} connections of ${part} to ${dependency} ${modes[mode]}`;
}
