import { describe, expect, test } from "vitest";
import { legacyJson } from "./legacy-json.ts";

const id = "0190a000-0000-7000-8000-000000000001";
const event = {
  event_id: id,
  timestamp: "2025-06-09T10:00:00.000Z",
  source_service: "audit-event-generator",
  server_hostname: "web-1",
  event_type: "user_login",
  severity: "WARNING",
  user_id: "alice",
  action_result: "FAILURE",
};

describe("an old event", () => {
  test("is the same each time, and not said to have been received now", () => {
    const text = JSON.stringify(event);
    const read = legacyJson.event(text, id);
    expect(read).toEqual(legacyJson.event(text, id));
    expect(read).toEqual({ ...event, source: "import-legacy", logsource: { category: "authentication" } });
  });

  test("without an id takes the one it is given", () => {
    const nameless = JSON.stringify({ ...event, event_id: undefined });
    expect(legacyJson.event(nameless, id)?.event_id).toBe(id);
  });

  test("keeps its text where reading changes it, and not for spaces and zeros alone", () => {
    const spaced = JSON.stringify({ ...event, details: { ratio: 1.5 } }, null, 1);
    expect(legacyJson.event(spaced.replace("1.5", "1.50"), id)?.raw).toBeUndefined();
    const precise = spaced.replace("1.5", "0.1000000000000000001");
    expect(legacyJson.event(precise, id)?.raw).toBe(precise);
    const legacy = JSON.stringify({ ...event, timestamp: "2025-06-09T10:00:00+00:00Z" });
    expect(legacyJson.event(legacy, id)).toMatchObject({ timestamp: event.timestamp, raw: legacy });
  });

  test.each(["{}", "[]", "null", '{"event_id": "7"}', JSON.stringify({ ...event, severity: "LOUD" })])(
    "%s is none",
    (text) => {
      expect(legacyJson.event(text, id)).toBeUndefined();
    },
  );
});

describe("an old value", () => {
  test.each([
    '{"n": 12345678901234567890}',
    '{"n": 0.1000000000000000001}',
    '{"__proto__": 1}',
    "[".repeat(70) + "]".repeat(70),
  ])("%s is left as text", (text) => {
    expect(legacyJson.value(text)).toBeUndefined();
  });

  test("is what it says where reading changes nothing", () => {
    expect(legacyJson.value('{"a": [1, 2.50, "0.1000000000000000001"], "b": null}')).toEqual({
      value: { a: [1, 2.5, "0.1000000000000000001"], b: null },
    });
  });
});
