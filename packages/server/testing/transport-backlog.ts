import type { Topic } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { collect, events, type Numbered, numbered, type Subject } from "./transport-subject.ts";
import { until } from "./until.ts";

/** The promises about what waits. */
export function backlogPromises(on: Subject): void {
  const untilWaiting = (count: number, topic: Topic = "events") =>
    until(async () => (await on.transport.backlog(topic)) === count, `${count} messages wait in ${topic}`);

  /** One message each, since the one before is owned already. */
  const publishApart = async (records: readonly Numbered[]) => {
    for (const record of records) await on.transport.publish("events", [record]);
  };

  test("the backlog counts the messages that nobody has taken, for each topic", async () => {
    await publishApart(numbered(7));
    await untilWaiting(7);
    await untilWaiting(0, "alerts");
    const reader = collect(on.transport, events);
    await untilWaiting(0);
    expect(reader.ids).toHaveLength(7);
  });

  test("the backlog is that of the slowest group", async () => {
    const other = collect(on.transport, { topic: "events", group: "somebody-else" });
    const own = collect(on.transport, events);
    await until(async () => {
      await on.transport.publish("events", [{ id: -1 }]);
      return other.ids.length > 0;
    }, "the new group is declared");
    await untilWaiting(0);
    await other.stop();
    own.ids.length = 0;
    await publishApart(numbered(5));
    await until(() => own.ids.length >= 5, "the one group has them");
    await untilWaiting(5);
  });

  test("what waits is still counted after a restart", async () => {
    if (on.place === undefined) return expect(on.place).toBeUndefined();
    await publishApart(numbered(3));
    await on.reopen();
    await untilWaiting(3);
  });

  test("after stopping the backlog is not known", async () => {
    await on.transport.publish("events", numbered(1));
    await on.transport.stop();
    expect(await on.transport.backlog("events")).toBeUndefined();
  });
}
