import { readFile } from "node:fs/promises";
import { halfRequest } from "../../packages/server/testing/half-request.ts";
import { type PidOne, startAsPidOne } from "../../packages/server/testing/pid-one.ts";
import type { Bench, FaultCase } from "../case.ts";

const mostSeconds = 10;
const gateway = "audit-event-gateway";

/** Each service runs as PID 1 without an init, as in a container, and is stopped as an orchestrator does it. */
export const f29: FaultCase = {
  title: "each service as PID 1 without an init is told to stop under load",
  async run(bench) {
    const { system } = bench;
    const proofs: string[] = [];
    for (const part of system.parts) {
      await system.term(part);
      bench.say(`${part} as PID 1`);
      const running = await startAsPidOne(system.startArguments(part));
      try {
        proofs.push(`${part}: ${await namespaceIds(running.pid)}`);
        await bench.until(
          async () => (await system.health(part)).status === "pass",
          `${part} is well as PID 1`,
          60_000,
        );
        await bench.lasts(2000);
        if (part === gateway) await expectNotReadyFirst(bench, running);
        await expectCompleted(bench, part, running);
      } finally {
        if (!running.hasEnded()) await running.end("SIGKILL");
      }
      await system.start(part);
    }
    return proofs.join("; ");
  },
};

/** The process ids that the process has, from the machine's namespace to its own: the last must be 1. */
async function namespaceIds(pid: number): Promise<string> {
  const [, ids = ""] = /^NSpid:\s+(.*)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  if (!/\s1$/.test(ids)) throw new Error(`The process is not PID 1 of a namespace: ${ids}`);
  return `NSpid ${ids.replaceAll(/\s+/g, " ")}`;
}

/** With a request under way it must first say that it takes no more, and answer that request before it ends. */
async function expectNotReadyFirst({ system, load, until, problem }: Bench, running: PidOne): Promise<void> {
  const events = await load.mint("canary", 1);
  const underWay = await halfRequest(running.url, events);
  running.signal("SIGTERM");
  await until(async () => (await system.readyz(gateway)) === 503, "a service that stops is not ready", 2000);
  const isAlive = (await system.livez(gateway)) === 200;
  const status = await underWay.finish();
  if (!isAlive) problem("/livez failed while the service finished its work");
  if (status !== 202) problem(`The request under way was answered ${status}`);
  await load.acked(events.map(({ event_id }) => event_id));
}

async function expectCompleted({ measured, problem }: Bench, part: string, running: PidOne): Promise<void> {
  const { code, seconds } = await running.end("SIGTERM");
  measured(part, { code, ms: Math.round(seconds * 1000) });
  if (code !== 0) problem(`${part} ended with ${code}: its status would be Error, not Completed`);
  if (seconds >= mostSeconds) problem(`${part} took ${seconds} s to end`);
  const isOrderly = running.lines.some((line) => line["event.name"] === "service.stopped");
  if (!isOrderly) problem(`${part} ended before everything was closed`);
}
