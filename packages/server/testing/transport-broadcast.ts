import { AuditFlowError } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { ackAll, collect, type Numbered, type Subject } from "./transport-subject.ts";
import { until } from "./until.ts";

const member = { topic: "commands", group: "audit-log-analysis" } as const;
const other = { topic: "commands", group: "notification-service" } as const;

/** The promises of a topic of which every member gets every record. */
export function broadcastPromises(on: Subject): void {
  let lastId = 0;

  /** A broadcast does not wait for the broker: while it is not connected the record is refused. */
  const tell = (record: object) =>
    until(() => on.transport.publish("commands", [record]).then(() => true, isRefused), "it is passed on");

  /** Publishes until one record has come to all: a member listens as soon as its queue is there. */
  const untilAllHear = (members: readonly { ids: number[] }[]) =>
    until(async () => {
      const id = ++lastId;
      await tell({ id });
      const all = () => members.every(({ ids }) => ids.includes(id));
      return await until(all, "they get it", 250).catch(() => false);
    }, "every member gets a record");

  test("every member of a broadcast gets every record, those of one group too, and in order", async () => {
    const members = [
      collect(on.transport, member),
      collect(on.transport, member),
      collect(on.transport, other),
    ];
    await untilAllHear(members);
    const ids = Array.from({ length: 50 }, () => ++lastId);
    await Promise.all(ids.map((id) => on.transport.publish("commands", [{ id }])));
    await until(() => members.every((each) => each.ids.includes(lastId)), "all came to each");
    for (const each of members) expect(each.ids.slice(-50)).toEqual(ids);
  });

  test("a broadcast that nobody listens to is no error, and waits for nobody", async () => {
    await tell({ id: -1 });
    const late = collect(on.transport, member);
    await untilAllHear([late]);
    expect(late.ids).not.toContain(-1);
    expect(await on.transport.backlog("commands")).toBe(0);
  });

  test("a member that was stopped gets no more, the others do", async () => {
    const gone = collect(on.transport, member);
    const stays = collect(on.transport, member);
    await untilAllHear([gone, stays]);
    await gone.stop();
    const before = gone.ids.length;
    await untilAllHear([stays]);
    expect(gone.ids).toHaveLength(before);
  });

  test("nothing of a broadcast is there after a restart, and it works again", async () => {
    await untilAllHear([collect(on.transport, member)]);
    await tell({ id: -1 });
    await on.reopen();
    const again = collect(on.transport, member);
    await untilAllHear([again]);
    expect(again.ids).not.toContain(-1);
  });

  test("a handler that fails keeps neither the next record from it nor any from the others", async () => {
    let failures = 0;
    const failing = collect(on.transport, {
      ...member,
      handler: async (batch) => {
        failures += 1;
        if (failures < 3) throw new Error("Ours");
        return await ackAll(batch);
      },
    });
    const fine = collect(on.transport, member);
    await untilAllHear([failing, fine]);
    await untilAllHear([failing, fine]);
    await untilAllHear([failing, fine]);
    expect(failures).toBeGreaterThan(2);
  });

  test("what comes by a broadcast is the receiver's own", async () => {
    const record: Numbered & { list: number[] } = { id: 0, list: [1] };
    const got: { list: number[] }[] = [];
    for (const _each of [1, 2]) {
      on.transport.subscribe({
        ...member,
        handler: async ({ records }) => {
          for (const each of records as { list: number[] }[]) {
            each.list.push(2);
            got.push(each);
          }
          return [];
        },
      });
    }
    await until(async () => {
      await tell(record);
      return got.length > 1;
    }, "both have it");
    expect(got.every(({ list }) => list.length === 2)).toBe(true);
    expect(record.list).toEqual([1]);
  });
}

function isRefused(error: unknown): false {
  if (error instanceof AuditFlowError && error.code === "transport_unavailable") return false;
  throw error;
}
