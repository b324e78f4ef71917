import { type Bench, type Dependency, dependencies, type FaultCase } from "../case.ts";
import { ownSocketsOf, residentOf } from "../facts/process-facts.ts";

const seconds = 60;
const upMs = 1000;
const downMs = 1000;
/** Of the memory in the first third of the time; a leak grows with every flap. */
const mostGrowth = 1.2;
/** Sockets that a process may hold more of afterwards: a pool is as large as it was needed last. */
const moreSockets = 4;
const mostLinesASecond = 2;
/** A client that waits up to 5 s before it dials again, as it should, is not there to be cut each time. */
const leastCut = 3;

/** Each dependency is there for a second and away for a second, over and over, none in step with another. */
export const f12: FaultCase = {
  title: "RabbitMQ, Redis and PostgreSQL flap, a second up and a second down, for a minute",
  async run(bench) {
    const { system } = bench;
    const watches = await Promise.all(system.parts.map((part) => watchPart(bench, part)));
    const cut = new Map<Dependency, number>(dependencies.map((name) => [name, 0]));
    const flapping = dependencies.map((name, n) =>
      flap(bench, name, {
        shiftMs: (n * (upMs + downMs)) / 3,
        cut: (k) => cut.set(name, (cut.get(name) ?? 0) + k),
      }),
    );
    await Promise.all([...flapping, ...watches.map((watch) => watch.sample())]);
    await system.healthy();
    for (const watch of watches) await watch.judge();
    for (const [name, count] of cut)
      if (count < leastCut) bench.problem(`Only ${count} connections to ${name} were cut: did it flap?`);
    return `connections cut: ${[...cut].map(([name, count]) => `${name} ${count}`).join(", ")}`;
  },
};

/** Takes all links to a dependency away and gives them back until the time is over. */
async function flap(
  bench: Bench,
  name: Dependency,
  { shiftMs, cut }: { readonly shiftMs: number; readonly cut: (connections: number) => void },
): Promise<void> {
  const links = bench.system.allLinks(name);
  await bench.lasts(shiftMs);
  for (let at = 0; at < seconds * 1000; at += downMs + upMs) {
    cut(links.reduce((sum, link) => sum + link.connections(), 0));
    await Promise.all(links.map((link) => link.mode("refuse")));
    await bench.lasts(downMs);
    await Promise.all(links.map((link) => link.mode("pass")));
    await bench.lasts(upMs);
  }
}

/** Looks at one process once a second, and says afterwards whether it grew or talked too much. */
async function watchPart(
  bench: Bench,
  part: string,
): Promise<{ sample(): Promise<void>; judge(): Promise<void> }> {
  const { system, measured, problem } = bench;
  const process = system.process(part);
  const port = Number(new URL(process.url).port);
  const linesBefore = process.lines.length;
  const socketsBefore = await ownSocketsOf(process.pid, port);
  const resident: number[] = [];
  return {
    async sample() {
      for (let n = 0; n < seconds; n += 1) {
        resident.push(await residentOf(process.pid));
        await bench.lasts(1000);
      }
    },
    async judge() {
      const third = Math.floor(seconds / 3);
      const growth = Math.max(...resident.slice(-third)) / Math.max(...resident.slice(0, third));
      const perSecond = (process.lines.length - linesBefore) / seconds;
      const sockets = await ownSocketsOf(process.pid, port);
      measured(part, {
        ...{ growth: Number(growth.toFixed(3)), resident_mib: Math.round(resident.at(-1) ?? 0) },
        ...{ sockets_before: socketsBefore, sockets, lines_a_second: Number(perSecond.toFixed(2)) },
      });
      if (system.process(part).pid !== process.pid) problem(`${part} was started again meanwhile`);
      if (growth > mostGrowth) problem(`${part} grew by ${Math.round((growth - 1) * 100)} % while flapping`);
      if (sockets > socketsBefore + moreSockets)
        problem(`${part} holds ${sockets} sockets, and ${socketsBefore} before`);
      if (perSecond >= mostLinesASecond) problem(`${part} wrote ${perSecond.toFixed(1)} log lines a second`);
    },
  };
}
