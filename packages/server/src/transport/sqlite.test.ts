import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../testing/until.ts";
import { transportContract } from "./contract.ts";
import { sqliteTransport } from "./sqlite.ts";
import type { Transport } from "./transport.ts";

const clock = { now: () => Date.now() };

transportContract("sqlite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "auditflow-transport-"));
  const path = join(folder, "transport.db");
  const opened: Transport[] = [];
  return {
    open: () => {
      const transport = sqliteTransport({ path, clock });
      opened.push(transport);
      return transport;
    },
    place: { kind: "sqlite", path },
    cleanup: async () => {
      await Promise.all(opened.map((transport) => transport.stop()));
      await rm(folder, { recursive: true });
    },
  };
});

describe("sqlite", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "auditflow-transport-"));
    path = join(folder, "transport.db");
  });
  afterEach(() => rm(folder, { recursive: true }));
  const alerts = { topic: "alerts", group: "notification-service" } as const;
  const noise = () => ({ text: Array.from({ length: 100 }, () => crypto.randomUUID()).join("") });

  test("a file of the first version is read on, and takes traces", async () => {
    const first = sqliteTransport({ path, clock });
    await first.publish("alerts", [{ id: 1 }]);
    await first.stop();
    const file = new DatabaseSync(path);
    file.exec("ALTER TABLE message DROP COLUMN trace");
    file.close();
    const trace = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const second = sqliteTransport({ path, clock });
    await second.publish("alerts", [{ id: 2 }], [trace]);
    const seen: unknown[] = [];
    second.subscribe({
      ...alerts,
      handler: async ({ records, traces }) => {
        for (const [place, record] of records.entries()) seen.push([record, traces?.[place]]);
        return records.map(() => "ack");
      },
    });
    await until(() => seen.length === 2, "both came");
    expect(seen).toEqual([
      [{ id: 1 }, undefined],
      [{ id: 2 }, trace],
    ]);
    await second.stop();
  });

  test("a message goes when every group has settled it", async () => {
    const transport = sqliteTransport({ path, clock });
    let read = 0;
    await transport.publish("alerts", [noise(), noise()]);
    const subscription = transport.subscribe({
      ...alerts,
      handler: async ({ records, attempt }) => {
        read += records.length;
        return records.map(() => (attempt === 1 ? "retry" : "ack"));
      },
    });
    await until(() => read === 4, "both came twice");
    await subscription.stop();
    await transport.stop();
    const db = new DatabaseSync(path);
    expect(db.prepare("SELECT count(*) AS n FROM message").get()).toEqual({ n: 0 });
    expect(db.prepare("SELECT count(*) AS n FROM open_message").get()).toEqual({ n: 0 });
    db.close();
  });

  test("a file that is removed while it is in use is down, although it can be written, until it is put back", async () => {
    const transport = sqliteTransport({ path, clock });
    await until(() => transport.health().latency_ms, "it was asked");
    await rename(path, `${path}.away`);
    await until(() => transport.health().status === "fail", "it is down");
    await transport.publish("alerts", [{ id: 1 }]);
    expect(transport.health()).toMatchObject({
      status: "fail",
      last_error: expect.stringContaining("was removed or replaced") as string,
      next_try_at: expect.stringMatching(/Z$/) as string,
    });
    await rename(`${path}.away`, path);
    await until(() => transport.health().status === "pass", "it is up");
    await transport.stop();
  });

  test("after a full disk it is up again by itself, also when nobody tries to publish", async () => {
    const transport = sqliteTransport({ path, clock, maxFileBytes: 256 * 1024 });
    let owned = 0;
    const fill = async () => {
      for (; owned < 1000; owned += 1) await transport.publish("alerts", [{ ...noise(), id: owned }]);
    };
    await expect(fill()).rejects.toMatchObject({ code: "transport_unavailable" });
    expect(transport.health().status).toBe("fail");
    await until(() => transport.health().status === "pass", "a trivial write fits");
    await transport.stop();
  });

  test("on a full disk publishing fails with a retryable error and works again later", async () => {
    const transport = sqliteTransport({ path, clock, maxFileBytes: 256 * 1024 });
    let owned = 0;
    const fill = async () => {
      for (let calls = 0; calls < 1000; calls += 1) {
        await transport.publish("alerts", [{ ...noise(), id: owned }]);
        owned += 1;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "transport_unavailable", retryable: true });
    expect(transport.health()).toMatchObject({ status: "fail", last_error: expect.stringContaining("full") });
    const ids: number[] = [];
    transport.subscribe({
      ...alerts,
      handler: async ({ records }) => {
        ids.push(...(records as { id: number }[]).map(({ id }) => id));
        return records.map(() => "ack");
      },
    });
    await until(() => ids.length === owned, "everything owned is there, and nothing half written");
    await until(
      () =>
        transport.publish("alerts", [{ id: owned }]).then(
          () => true,
          () => false,
        ),
      "there is room again",
    );
    await until(() => ids.length === owned + 1, "it goes on");
    expect(ids).toEqual(Array.from({ length: owned + 1 }, (_, id) => id));
    expect(transport.health().status).toBe("pass");
    await transport.stop();
  });

  test("beyond the cap publishing is refused as overloaded, also after a restart", async () => {
    const options = { path, clock, maxBytes: 20_000 };
    const first = sqliteTransport(options);
    const fill = async () => {
      for (let calls = 0; calls < 1000; calls += 1) await first.publish("alerts", [noise()]);
    };
    await expect(fill()).rejects.toMatchObject({ code: "overloaded" });
    await first.stop();
    const second = sqliteTransport(options);
    await expect(second.publish("alerts", [noise()])).rejects.toMatchObject({ code: "overloaded" });
    await second.stop();
  });

  test("it stops in time when a handler hangs, and the next process gets what that held", async () => {
    const first = sqliteTransport({ path, clock });
    await first.publish("alerts", [{ id: 1 }]);
    const inHand = Promise.withResolvers<void>();
    const hung = Promise.withResolvers<"ack"[]>();
    first.subscribe({
      ...alerts,
      handler: () => {
        inHand.resolve();
        return hung.promise;
      },
    });
    await inHand.promise;
    await first.stop();
    hung.resolve(["ack"]);
    const second = sqliteTransport({ path, clock });
    const ids: unknown[] = [];
    second.subscribe({
      ...alerts,
      handler: async ({ records }) => {
        ids.push(...records);
        return records.map(() => "ack");
      },
    });
    await until(() => ids.length === 1, "it comes again");
    await second.stop();
  });

  test("what was in hand when the process ended goes before anything newer", async () => {
    const first = sqliteTransport({ path, clock });
    await first.publish("alerts", [{ id: 1 }, { id: 2 }, { id: 3 }]);
    const inHand = Promise.withResolvers<void>();
    const hung = Promise.withResolvers<"ack"[]>();
    first.subscribe({
      ...alerts,
      handler: () => {
        inHand.resolve();
        return hung.promise;
      },
    });
    await inHand.promise;
    await first.stop();
    hung.resolve(["ack", "ack", "ack"]);
    const second = sqliteTransport({ path, clock });
    await second.publish("alerts", [{ id: 4 }, { id: 5 }]);
    const ids: unknown[] = [];
    second.subscribe({
      ...alerts,
      concurrency: 2,
      handler: async ({ records, attempt }) => {
        if (attempt === 1) ids.push(...(records as { id: number }[]).map(({ id }) => id));
        return records.map(() => (attempt === 1 && records.length === 1 ? "retry" : "ack"));
      },
    });
    await until(() => ids.length === 5, "all came");
    await second.stop();
    expect(ids).toEqual([1, 2, 3, 4, 5]);
  });

  test("publishers that never pause do not keep a reader from its batches", async () => {
    const transport = sqliteTransport({ path, clock });
    let read = 0;
    transport.subscribe({
      topic: "events",
      group: "audit-log-analysis",
      handler: async ({ records }) => {
        read += records.length;
        return records.map(() => "ack");
      },
    });
    const records = Array.from({ length: 500 }, (_, id) => ({ id }));
    let enough = false;
    const flood = async () => {
      while (!enough) await transport.publish("events", records);
    };
    const flooding = [flood(), flood()];
    await until(() => read >= 5_000, "the reader has had ten batches meanwhile");
    enough = true;
    await Promise.all(flooding);
    await transport.stop();
  });
});
