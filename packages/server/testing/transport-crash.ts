import { expect, test } from "vitest";
import { type SpawnedChild, spawnChild } from "./spawn-child.ts";
import type { ChildLine } from "./transport-child.ts";
import type { Subject } from "./transport-subject.ts";
import { until } from "./until.ts";

/** What a transport promises when a real process is killed with SIGKILL. An adapter without a place promises nothing. */
export function crashContract(on: Subject): void {
  test("what a publisher that was killed had been told is owned is there", async () => {
    if (on.place === undefined) return expectNoPlace(on);
    const { place } = on;
    await on.transport.stop();
    const publisher = spawnChild({ place, act: "publish" });
    await until(() => said([publisher], "published").length === 100, "the child published");
    await publisher.kill();
    const transport = await on.reopen();
    const ids: number[] = [];
    transport.subscribe({
      topic: "events",
      group: "audit-log-analysis",
      handler: async ({ records }) => {
        ids.push(...(records as { id: number }[]).map(({ id }) => id));
        return records.map(() => "ack");
      },
    });
    await until(() => ids.length === 100, "all are there");
  });

  test("what a killed reader held comes again", async () => {
    if (on.place === undefined) return expectNoPlace(on);
    const { place } = on;
    await on.transport.publish(
      "events",
      Array.from({ length: 100 }, (_, id) => ({ id })),
    );
    await on.transport.stop();
    const holder = spawnChild({ place, act: "hold" });
    await until(() => said([holder], "holding").length > 0, "the child holds some");
    await holder.kill();
    const transport = await on.reopen();
    const ids = new Set<number>();
    transport.subscribe({
      topic: "events",
      group: "audit-log-analysis",
      handler: async ({ records }) => {
        for (const record of records) ids.add((record as { id: number }).id);
        return records.map(() => "ack");
      },
    });
    await until(() => ids.size === 100, "all come again");
  });

  test("a record that kills the process is quarantined, and no neighbour", { timeout: 60_000 }, async () => {
    if (on.place === undefined) return expectNoPlace(on);
    const { place } = on;
    const records = Array.from({ length: 60 }, (_, id) => (id === 30 ? { id, poison: true } : { id }));
    // One message, and neighbours in other messages.
    await on.transport.publish("events", records.slice(0, 50));
    await on.transport.publish("events", records.slice(50));
    await on.transport.stop();
    const children: SpawnedChild[] = [];
    await until(
      () => {
        if (children.at(-1)?.hasEnded() !== false) children.push(spawnChild({ place, act: "work" }));
        return said(children, "quarantined").length > 0 && new Set(said(children, "handled")).size === 59;
      },
      "the poison is quarantined and its neighbours are handled",
      50_000,
    );
    await children.at(-1)?.kill();
    expect(said(children, "quarantined")).toEqual([30]);
    expect(children.length).toBeLessThanOrEqual(9);
    await on.reopen();
  });
}

function expectNoPlace(on: Subject): void {
  expect(on.transport.health().name).toBe("memory");
}

function said(children: readonly SpawnedChild[], what: ChildLine["say"]): number[] {
  return children.flatMap(({ lines }) => lines.filter(({ say }) => say === what).flatMap(({ ids }) => ids));
}
