import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { uuidv7 } from "uuidv7";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PostgresSite, postgresSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import type { NotifyChildTask } from "../../testing/notify-child.ts";
import { type RabbitmqPlace, rabbitmqPlace } from "../../testing/rabbitmq-place.ts";
import { silentLog } from "../../testing/silent-log.ts";
import { until } from "../../testing/until.ts";
import { rabbitmqTransport } from "../transport/rabbitmq.ts";
import { startNotify } from "./notify.ts";

const clock = { now: () => Date.now() };
const child = fileURLToPath(new URL("../../testing/notify-child.ts", import.meta.url));

let place: RabbitmqPlace;
let site: PostgresSite;
beforeEach(async () => {
  [place, site] = await Promise.all([rabbitmqPlace(), postgresSite()]);
});
afterEach(async () => {
  await Promise.all([place.remove(), site.end()]);
});

test("killed between commit and acknowledgement: each alert is one row, counted once", async () => {
  const database = site.open();
  const transport = rabbitmqTransport({ url: place.url, prefix: place.prefix, clock });
  const alerts = Array.from({ length: 40 }, (_, n) => exampleAlert(n));
  await transport.publish("alerts", alerts);

  const task: NotifyChildTask = {
    ...{ amqp: place.url, prefix: place.prefix },
    ...{ postgres: process.env.AUDITFLOW_TEST_POSTGRES_URL ?? "", schema: site.schema },
  };
  const args = ["--conditions=auditflow-source", child, JSON.stringify(task)];
  const [, signal] = await once(spawn(process.execPath, args, { stdio: "inherit" }), "close");
  expect(signal).toBe("SIGKILL");
  const rows = () => database.reader.selectFrom("alerts").selectAll().execute();
  const before = await rows();
  expect(before).toHaveLength(40);

  let repeated = 0;
  const second = startNotify({
    ...{ transport, database, clock, log: silentLog, newId: uuidv7, random: Math.random, retentionDays: 0 },
    ...{ receivers: { allowedReceivers: [] }, baseUrl: undefined },
    observe: {
      wrote: () => undefined,
      quarantineHolds: () => undefined,
      stored: () => undefined,
      duplicates: (n) => {
        repeated += n;
      },
      quarantined: () => undefined,
      tried: () => undefined,
    },
  });
  await until(() => repeated >= 40, "all of them came again");
  await second.stop();
  await transport.stop();
  expect(await rows()).toEqual(before);
  expect(await database.reader.selectFrom("incidents").select("alert_count").execute()).toEqual([
    { alert_count: 40 },
  ]);
  expect(await database.reader.selectFrom("history").selectAll().execute()).toHaveLength(1);
}, 60_000);
