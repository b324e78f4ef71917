import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleNotice, exampleSummary } from "../../../testing/example-notice.ts";
import { fittingNotice, isLink, oneLine } from "./notice-text.ts";

const size = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe("a fitting notice", () => {
  it("is the notice itself when that is small", () => {
    expect(fittingNotice(exampleNotice())).toEqual(exampleNotice());
  });

  it("is under 20,000 bytes whatever the texts are", () => {
    const text = fc
      .tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), fc.constantFrom(1, 100, 10_000))
      .map(([unit, times]) => unit.repeat(times));
    const link = text.map((rest) => `https://a/${rest}`);
    const any = fc.oneof(text, link);
    fc.assert(
      fc.property(any, any, any, any, (title, actor, host, url) => {
        const alert = exampleSummary({ description: title, rule_name: actor, alert_name: host });
        const fitting = fittingNotice(exampleNotice({ title, actor, host, resource: title, url }, alert));
        expect(size(fitting)).toBeLessThan(20_000);
        expect(JSON.stringify(fitting).isWellFormed()).toBe(true);
        expect(fitting.delivery_id).toBe(exampleNotice().delivery_id);
      }),
    );
  });

  it("drops an alert that has too many fields of its own, and keeps the incident", () => {
    const fields = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`field_${n}`, "x"]));
    const alert = exampleSummary({ triggered_by: { actor_type: "user", actor_id: "root", ...fields } });
    expect(fittingNotice(exampleNotice({}, alert))).toEqual({ ...exampleNotice(), alert: null });
  });

  it("does not depend on the order in which the fields were written", () => {
    const { alert, incident, ...rest } = exampleNotice();
    const turned = Object.fromEntries(Object.entries(incident).reverse()) as typeof incident;
    const other = fittingNotice({ alert, incident: turned, ...rest });
    expect(JSON.stringify(other)).toBe(JSON.stringify(fittingNotice(exampleNotice())));
  });

  it("never cuts a link: it is whole or absent", () => {
    const long = `https://a/${"x".repeat(1000)}`;
    expect(fittingNotice(exampleNotice({ url: long, title: "x".repeat(50_000) })).incident.url).toBe(long);
    expect(fittingNotice(exampleNotice({ url: `${long}${long}` })).incident).not.toHaveProperty("url");
  });
});

describe("one line", () => {
  it("has neither control characters nor line ends, and keeps its limit", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.integer({ min: 2, max: 200 }),
        (text, limit) => {
          const line = oneLine(text, limit);
          expect(line.length).toBeLessThanOrEqual(limit);
          expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u);
          expect(line.isWellFormed()).toBe(true);
        },
      ),
    );
  });

  it("ends in an ellipsis when it was cut, and never in half a character", () => {
    expect(oneLine("abcdef", 4)).toBe("abc…");
    expect(oneLine("ab\u{1F600}cdef", 4)).toBe("ab…");
    expect(oneLine("a \r\n\t b\u2028c", 10)).toBe("a b c");
  });
});

describe("a link", () => {
  it.each(["javascript:alert(1)", "https://", "https://a b", 'https://a"', "https://a/<", "https://ä/", "x"])(
    "is not made of %j",
    (text) => expect(isLink(text)).toBe(false),
  );
  it.each(["https://auditflow.example/incidents/1?a=b#c", "http://[::1]:8080/"])("is made of %j", (text) =>
    expect(isLink(text)).toBe(true),
  );
});
