import type { Bench, FaultCase } from "../case.ts";
import { untilConsumed } from "../facts/consumers.ts";
import { watchDialling } from "../facts/reconnects.ts";

/** Dials a second and client, at most, from the fault until all is well again. */
const mostDials = 1;

/** The broker is taken away in an orderly way: shut down and started, then told to close every connection. */
export const f06: FaultCase = {
  title: "RabbitMQ is stopped and started in good order, and closes every connection",
  async run(bench) {
    const { servers } = bench;
    const pid = await servers.rabbitmq.pid();
    await watched(bench, "broker_restart", async () => {
      await servers.rabbitmq.shutDown();
      await bench.lasts(6000);
      await servers.rabbitmq.startAgain();
    });
    const later = await servers.rabbitmq.pid();
    if (later === pid) bench.problem(`The broker still has the process id ${pid}: it was not restarted`);
    const closed = await watched(bench, "connections_closed", () => closeAll(bench));
    return `process id of the broker ${pid}, then ${later}; ${closed} connections closed by rabbitmqctl`;
  },
};

/** Breaks something and waits for the end of it, both under the eye of whoever counts dials. */
async function watched<T>(bench: Bench, name: string, breakIt: () => Promise<T>): Promise<T> {
  bench.say(name);
  const began = performance.now();
  const count = watchDialling(bench);
  const outcome = await breakIt();
  const broken = performance.now();
  await bench.system.healthy();
  await untilConsumed(bench);
  bench.measured(`${name}_healed_ms`, Math.round(performance.now() - broken));
  // Whoever dials again and again after an end in good order does so now.
  await bench.lasts(Math.max(0, 10_000 - (performance.now() - began)));
  for (const { part, clients, dials, rate } of count()) {
    bench.measured(`${name} dials of ${part}`, `${dials} by ${clients} clients`);
    if (dials < clients)
      bench.problem(`${part} dialled ${dials} times for ${clients} clients: was it cut off?`);
    if (rate >= mostDials) bench.problem(`${part} dialled ${rate.toFixed(2)} times a second and client`);
  }
  return outcome;
}

/** Twice, so that what has just come back is cut off too. Resolves to how many connections there were. */
async function closeAll(bench: Bench): Promise<number> {
  const { servers } = bench;
  const before = (await servers.rabbitmq.log()).length;
  await servers.rabbitmq.ctl("close_all_connections", "fault bench");
  await untilConsumed(bench);
  await servers.rabbitmq.ctl("close_all_connections", "fault bench");
  const log = (await servers.rabbitmq.log()).slice(before);
  const closed = log.match(/connection_closed_by_management|fault bench/g)?.length ?? 0;
  if (closed === 0) bench.problem("The broker's log knows of no connection closed on demand");
  return closed;
}
