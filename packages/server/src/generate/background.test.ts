import { AuditEvent } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { Background } from "./background.ts";
import { company } from "./company.ts";

const start = Date.parse("2026-01-15T00:00:00.000Z");

function play(
  background: Background,
  options: { count: number; apart: number; from?: number },
): AuditEvent[] {
  const { count, apart, from = start } = options;
  const receivedAt = new Date(from).toISOString();
  return Array.from({ length: count }, (_none, index) =>
    JSON.parse(background.next(from + Math.floor(index * apart), receivedAt)),
  );
}

/** 100,000 events over a day, and what was written. */
const aDay = { count: 100_000, apart: 864 };

describe("every event", () => {
  const background = new Background(1);
  const texts = Array.from({ length: aDay.count }, (_none, index) =>
    background.next(start + index * aDay.apart, "2026-01-16T00:00:00.000Z"),
  );
  const events: AuditEvent[] = texts.map((text) => JSON.parse(text));

  test("is an audit event", () => {
    const validate = new Ajv().compile(AuditEvent);
    const refused = events.filter((event) => !validate(event));
    expect(refused).toEqual([]);
  });

  test("is written as JSON.stringify would write it", () => {
    const others = texts.filter((text, index) => JSON.stringify(events[index]) !== text);
    expect(others).toEqual([]);
  });

  test("has an id of its own that sorts by time", () => {
    const ids = events.map(({ event_id }) => event_id);
    expect(new Set(ids).size).toBe(aDay.count);
    expect(ids.toSorted()).toEqual(ids);
  });

  test("says that it is synthetic, and has what intake adds", () => {
    const common = { synthetic: true, source: "generator", source_service: "audit-event-generator" };
    const others = events.filter(
      (event) =>
        !(event.synthetic === true && event.source === common.source && event.received_at !== undefined) ||
        event.source_service !== common.source_service ||
        event.logsource === undefined,
    );
    expect(others).toEqual([]);
  });

  test("has the details of its kind", () => {
    const kinds = new Map<string, string>();
    for (const { event_type, action_result, details } of events) {
      kinds.set(
        `${event_type} ${action_result}`,
        Object.keys(details ?? {})
          .toSorted()
          .join(" "),
      );
    }
    expect(Object.fromEntries(kinds)).toEqual({
      "user_login SUCCESS": "ip_address port protocol",
      "user_login FAILURE": "ip_address port protocol reason",
      "sudo_command SUCCESS": "command cwd target_user tty",
      "file_modified MODIFIED": "new_checksum old_checksum resource size_change_bytes",
      "service_status_change STARTED": "message previous_state resource",
      "service_status_change STOPPED": "message planned previous_state resource",
      "user_account_management CREATED": "account group home_directory",
    });
  });

  test("comes from the one address of who did it", () => {
    const addresses = new Map<string, Set<string | undefined>>();
    for (const { user_id, client_ip } of events) {
      addresses.set(user_id, (addresses.get(user_id) ?? new Set()).add(client_ip));
    }
    expect(addresses.size).toBe(company.flatMap(({ users }) => users).length);
    expect([...addresses.values()].every((own) => own.size === 1)).toBe(true);
    expect(new Set([...addresses.values()].flatMap((own) => [...own])).size).toBe(addresses.size);
  });
});

const isFailure = (event: AuditEvent): boolean => event.action_result === "FAILURE";

describe("failed logins", () => {
  test.each([0, 0.02, 200, 5000])(
    "of one person are a quarter of an hour apart, with events %d ms apart",
    (apart) => {
      const last = new Map<string, number>();
      const gaps: number[] = [];
      for (const event of play(new Background(7), { count: 50_000, apart }).filter(isFailure)) {
        const at = Date.parse(event.timestamp);
        const before = last.get(event.user_id);
        if (before !== undefined) gaps.push(at - before);
        last.set(event.user_id, at);
      }
      expect(last.size).toBeGreaterThan(0);
      expect(gaps.every((gap) => gap >= 15 * 60_000)).toBe(true);
    },
  );

  test("stay apart when the seed is set again and again", () => {
    const background = new Background(1);
    const failures = Array.from({ length: 50 }, () => {
      background.reseed(1);
      return play(background, { count: 2000, apart: 1 }).filter(isFailure);
    });
    expect(failures.flat()).toHaveLength(1);
  });

  test("stay apart when the clock is set back", () => {
    const background = new Background(3);
    const first = play(background, { count: 1000, apart: 1 }).filter(isFailure);
    const again = play(background, { count: 1000, apart: 1, from: start - 10_000 }).filter(isFailure);
    expect([first.length, again.length]).toEqual([1, 0]);
  });
});

describe("the seed", () => {
  const withoutIds = (events: AuditEvent[]): unknown[] => events.map(({ event_id: _id, ...event }) => event);

  test("decides everything but the ids", () => {
    const [one, same, other] = [5, 5, 6].map((seed) => play(new Background(seed), { count: 500, apart: 40 }));
    expect(withoutIds(one!)).toEqual(withoutIds(same!));
    expect(withoutIds(one!)).not.toEqual(withoutIds(other!));
    expect(one!.map(({ event_id }) => event_id)).not.toEqual(same!.map(({ event_id }) => event_id));
  });

  test("set again starts anew, a quarter of an hour later too", () => {
    const background = new Background(5);
    const from = start + 20 * 60_000;
    play(background, { count: 777, apart: 40 });
    background.reseed(5);
    const again = play(background, { count: 500, apart: 40, from });
    expect(withoutIds(again)).toEqual(withoutIds(play(new Background(5), { count: 500, apart: 40, from })));
  });
});

test("people work in their hours: those of the office far more by day than at night", () => {
  const office = new Set(
    company.filter(({ shifts }) => shifts.join() === "7,8").flatMap(({ users }) => users),
  );
  const share = (hour: number): number =>
    play(new Background(1), { count: 4000, apart: 1, from: start + hour * 3_600_000 }).filter(({ user_id }) =>
      office.has(user_id),
    ).length;
  expect(share(10)).toBeGreaterThan(4 * share(2));
});

test("a service that was stopped is started again by who stopped it", () => {
  const changes = play(new Background(2), { count: 20_000, apart: 100 }).filter(
    ({ event_type }) => event_type === "service_status_change",
  );
  const stopped = new Map<string, string>();
  for (const { user_id, server_hostname, resource, action_result } of changes) {
    const service = `${server_hostname} ${resource}`;
    if (action_result === "STOPPED") stopped.set(user_id, service);
    else expect(stopped.get(user_id)).toBe(service);
  }
  expect(changes.length).toBeGreaterThan(100);
});
