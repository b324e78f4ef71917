import type { Bench, FaultCase } from "../case.ts";
import { queues } from "../system/run-servers.ts";

const kills = 3;
const noticedWithinMs = 5000;
const parts = ["audit-event-gateway", "audit-log-analysis", "notification-service"] as const;

/** SIGKILL to the broker, three times; each time every service must come back to it by itself. */
export const f05: FaultCase = {
  title: "the broker is killed with -9 three times",
  async run(bench) {
    const { servers, measured } = bench;
    const noticed: number[] = [];
    const pids: number[] = [];
    for (let n = 0; n < kills; n += 1) {
      await eventsFlow(bench);
      pids.push(await servers.rabbitmq.pid());
      const begun = performance.now();
      await servers.rabbitmq.kill();
      await everyPartSaysSo(bench);
      noticed.push(Math.round(performance.now() - begun));
      await servers.rabbitmq.startAgain();
      await consumersAreBack(bench);
    }
    measured("noticed_ms", noticed);
    return `broker processes ${pids.join(", ")} were killed, and health of ${parts.length} services said so`;
  },
};

async function eventsFlow({ load, until }: Bench): Promise<void> {
  const { acked } = load.facts();
  await until(() => load.facts().acked > acked + 300, "events are acknowledged again", 30_000);
}

async function everyPartSaysSo({ system, until }: Bench): Promise<void> {
  for (const part of parts) {
    const isSaid = async (): Promise<boolean> => {
      const { checks } = await system.health(part);
      return Object.values(checks).some(({ name, status }) => name === "rabbitmq" && status === "fail");
    };
    await until(isSaid, `${part} says that the broker is down`, noticedWithinMs);
  }
}

/** By the broker's own count: a client may be connected and consume nothing. */
async function consumersAreBack({ servers, until }: Bench): Promise<void> {
  for (const queue of [queues.events, queues.alerts]) {
    const isRead = async (): Promise<boolean> =>
      (await servers.queue(queue).catch(() => ({ consumers: 0 }))).consumers > 0;
    await until(isRead, `${queue} has a consumer again`, 30_000);
  }
}
