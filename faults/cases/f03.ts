import type { Bench, FaultCase } from "../case.ts";
import { dieAt } from "../facts/die-at.ts";

const part = "notification-service";

/** In the transaction; committed and not acknowledged; told and not written down. */
const failpoints = ["alerts.committing:kill:6", "notify.committed:kill:6", "notify.sent:kill:4"];

/** Notification dies five times: twice anywhere, and once at each place where half of its work is done. */
export const f03: FaultCase = {
  title: "notification-service is killed with -9 five times, once between commit and acknowledgement",
  async run(bench) {
    const { system } = bench;
    const pids: number[] = [];
    for (let n = 0; n < 2; n += 1) {
      pids.push(system.process(part).pid);
      await system.kill(part);
      await bench.lasts(200 + bench.random() * 800);
      await system.start(part);
      await untilStoring(bench);
      await bench.lasts(bench.random() * 1000);
    }
    await system.kill(part);
    for (const failpoint of failpoints) pids.push(await dieAt(bench, part, failpoint));
    bench.measured("back_ms", await system.start(part));
    await untilStoring(bench);
    pids.push(system.process(part).pid);
    if (new Set(pids).size !== 6)
      bench.problem(`Six processes were to run, and their ids were ${pids.join()}`);
    return `killed 5 times, of these at ${failpoints.join(", ")}; process ids ${pids.join(" ")}`;
  },
  async afterwards({ oracle, measured, problem }) {
    const { deliveries } = await oracle.report();
    const ids = Map.groupBy(deliveries, ({ webhook_id }) => webhook_id);
    const repeated = [...ids.values()].filter((tries) => tries.length > 1).length;
    measured("webhooks", ids.size);
    measured("webhooks_sent_again_under_their_id", repeated);
    // It died between a send and its record: unless that notice came again, the record was there before the send.
    if (repeated === 0) problem("No webhook came a second time, though the service died after one was sent");
  },
};

async function untilStoring({ system, until }: Bench): Promise<void> {
  const stored = (): Promise<number> => system.metric(part, "auditflow_alerts_stored_total");
  await until(async () => (await stored()) > 0, `the new ${part} stores alerts`, 30_000);
}
