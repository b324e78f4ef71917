import { AuditEvent } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { contentHash, eventIdOf, eventOf, groupSize, partsOf, userOf } from "./event-of.ts";

const run = "0badcafe";

test("an id says run, kind and number, and its event is valid and always the same", () => {
  const isEvent = new Ajv().compile(AuditEvent);
  for (const kind of ["canary", "group"] as const) {
    const id = eventIdOf(run, kind, 70_000);
    expect(partsOf(id)).toEqual({ run, kind, n: 70_000 });
    expect(isEvent(eventOf(id))).toBe(true);
    expect(eventOf(id)).toEqual(eventOf(id));
  }
});

test("an id of somebody else is told apart", () => {
  expect(partsOf("0190a1b2-0000-7000-8000-000000000001")).toBeUndefined();
});

test("each user of a group has as many events as a group, all within a minute", () => {
  const times = new Map<string, number[]>();
  for (let n = 0; n < 40 * groupSize * 2; n += 1) {
    const id = eventIdOf(run, "group", n);
    const user = userOf(partsOf(id)!);
    times.set(user, [...(times.get(user) ?? []), Date.parse(eventOf(id).timestamp)]);
  }
  expect(times.size).toBe(80);
  for (const all of times.values()) {
    expect(all).toHaveLength(groupSize);
    expect(Math.max(...all) - Math.min(...all)).toBeLessThan(60_000);
  }
});

test("the content's hash is the same in another order and with what intake adds, and another with another value", () => {
  const id = eventIdOf(run, "canary", 1);
  const event = eventOf(id);
  const reversed = Object.fromEntries(Object.entries(event).reverse());
  expect(contentHash({ ...reversed, received_at: "2026-01-15T09:00:00.000Z" }, id)).toBe(
    contentHash(event, id),
  );
  const details = { ...event.details, n: 2 };
  expect(contentHash({ ...event, details }, id)).not.toBe(contentHash(event, id));
  expect(contentHash({ ...event, client_ip: undefined }, id)).not.toBe(contentHash(event, id));
});
