import type { FaultMode } from "../../packages/server/testing/fault-proxy.ts";
import { type Bench, type Dependency, dependencies, type FaultCase } from "../case.ts";

/** How long a process may take to notice that nobody answers. */
const noticeMs = 15_000;
/** How long a call may take meanwhile. */
const callMs = 12_000;

const modes = ["drop", "drop-up", "drop-down"] as const satisfies readonly FaultMode[];

/** How long each lasts at least: a black hole outlives the deadline of every call in it. */
const leastMs = { drop: 16_000, "drop-up": 6000, "drop-down": 6000 } as const;

/** What each way of failing is for people. */
const words = {
  drop: "black hole",
  "drop-up": "nothing gets there",
  "drop-down": "nothing comes back",
} as const;

/** Every link turns into a black hole, and then loses one direction only; no connection is ever closed by the net. */
export const f13: FaultCase = {
  title: "the link to each dependency is a black hole, then half open in each direction",
  async run(bench) {
    const proofs: string[] = [];
    for (const mode of modes) {
      for (const name of dependencies) proofs.push(await swallow(bench, name, mode));
    }
    return proofs.join("; ");
  },
};

/** One dependency, one way: until every process has noticed and every call has met its deadline, and then until all have healed. */
async function swallow(bench: Bench, name: Dependency, mode: (typeof modes)[number]): Promise<string> {
  const { system } = bench;
  const what = `${name} ${words[mode]}`;
  bench.say(what);
  const parts = system.parts.filter((part) => system.links(part)[name] !== undefined);
  const links = system.allLinks(name);
  const held = links.reduce((sum, link) => sum + link.connections(), 0);
  if (held === 0) bench.problem(`${what}: there was no connection to swallow`);
  const began = performance.now();
  const { unanswered } = bench.load.facts();
  await Promise.all(links.map((link) => link.mode(mode)));
  const calls = callsMeanwhile(bench);
  const noticed = await Promise.all(parts.map((part) => untilNoticed(bench, part, { name, what })));
  bench.measured(`${what}, noticed_ms`, noticed);
  await bench.lasts(Math.max(0, leastMs[mode] - (performance.now() - began)));
  await calls.end();
  const lasted = performance.now() - began;
  await Promise.all(links.map((link) => link.mode("pass")));
  if (bench.load.facts().unanswered > unanswered)
    bench.problem(`${what}: intake left requests without an answer`);
  const healing = performance.now();
  await system.healthy();
  bench.measured(`${what}, healed_ms`, Math.round(performance.now() - healing));
  return `${what}: ${held} connections for ${(lasted / 1000).toFixed(1)} s`;
}

/** Resolves to the milliseconds until the process itself said so; a problem when it never did. */
async function untilNoticed(
  { system, until, problem }: Bench,
  part: string,
  { name, what }: { readonly name: Dependency; readonly what: string },
): Promise<number | null> {
  const began = performance.now();
  const isNoticed = async (): Promise<boolean> => {
    const { checks } = await system.health(part);
    return Object.values(checks).some((check) => check.name === name && check.status !== "pass");
  };
  try {
    await until(isNoticed, "it is noticed", noticeMs);
    return Math.round(performance.now() - began);
  } catch {
    problem(`${part} did not notice within ${noticeMs / 1000} s: ${what}`);
    return null;
  }
}

/** Asks every process over and over whether it lives, and the API for alerts; each has to be answered, whatever it is. */
function callsMeanwhile({ system, problem, lasts }: Bench): { end(): Promise<void> } {
  const over = new AbortController();
  const addresses = [
    ...system.parts.map((part) => `${system.process(part).url}/livez`),
    `${system.api()}/api/v1/alerts?limit=1`,
  ];
  const asking = addresses.map(async (address) => {
    while (!over.signal.aborted) {
      try {
        const answer = await fetch(address, { signal: AbortSignal.timeout(callMs) });
        await answer.arrayBuffer();
        if (address.endsWith("/livez") && answer.status !== 200)
          problem(`${address} answered ${answer.status}`);
      } catch (error) {
        problem(`${address} was not answered within ${callMs / 1000} s: ${String(error)}`);
      }
      await lasts(200);
    }
  });
  return {
    async end() {
      over.abort();
      await Promise.all(asking);
    },
  };
}
