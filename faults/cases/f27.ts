import type { Bench, FaultCase } from "../case.ts";

const limitMs = 10_000;
/** A second signal counts only so long after the first. */
const secondSignalAfterMs = 1000;

/** SIGTERM to each service under load, to all at once, and twice to one that cannot end. */
export const f27: FaultCase = {
  title: "every service is ended by SIGTERM under load, one by one and all at once",
  async run(bench) {
    const { system, load, measured, problem, until } = bench;
    const ended: Record<string, number> = {};
    const check = (part: string, { code, ms }: { code: number | null; ms: number }): void => {
      ended[part] = Math.max(ended[part] ?? 0, ms);
      if (code !== 0) problem(`${part} ended with code ${code}`);
      if (ms > limitMs) problem(`${part} took ${ms} ms to end`);
    };
    const flows = async (): Promise<void> => {
      const { acked } = load.facts();
      await until(() => load.facts().acked > acked + 200, "events are acknowledged again");
    };
    for (const part of system.parts) {
      await flows();
      check(part, await system.term(part));
      await system.start(part);
    }
    await flows();
    const outcomes = await Promise.all(system.parts.map((part) => system.term(part)));
    for (const [index, part] of system.parts.entries()) check(part, outcomes[index]!);
    await Promise.all(system.parts.map((part) => system.start(part)));
    measured("end_ms", ended);
    await endTwice(bench);
    return `${system.parts.length * 2} processes were ended by SIGTERM, the parts of each under load`;
  },
};

/** A request that takes long holds up the end: the first signal waits for it, the second does not. */
async function endTwice({ system, measured, problem, until, lasts }: Bench): Promise<void> {
  const part = "audit-event-gateway";
  await system.term(part);
  await system.start(part, { AUDITFLOW_FAILPOINT: "gateway.confirmed:delay=8000" });
  await until(
    () => system.process(part).stderr().includes("failpoint gateway.confirmed"),
    "a request takes long",
  );
  const ended = system.term(part);
  await lasts(secondSignalAfterMs + 200);
  if (system.process(part).hasExited()) {
    problem(`${part} ended by the first signal with a request in hand`);
    return;
  }
  const begun = performance.now();
  await system.process(part).end("SIGTERM");
  const ms = Math.round(performance.now() - begun);
  measured("second_signal", { ms, code: (await ended).code });
  if (ms > 1000) problem(`after a second signal ${part} took ${ms} ms to end`);
  await system.start(part);
}
