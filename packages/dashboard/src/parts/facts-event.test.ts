import { describe, expect, it } from "vitest";
import { flattenEvent, markMatches, safeLink, spanText } from "./facts-event.ts";

describe("the facts of an event", () => {
  it("names each value by its path and keeps empty ones", () => {
    expect(flattenEvent({ user_id: "bob", details: { args: ["-r", 2], tags: [], nothing: null } })).toEqual([
      { path: "user_id", value: "bob" },
      { path: "details.args.0", value: "-r" },
      { path: "details.args.1", value: "2" },
      { path: "details.tags", value: "[]" },
      { path: "details.nothing", value: "null" },
    ]);
  });

  it("ends at a depth that can be read and shows the rest as JSON", () => {
    const deep = { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } };
    expect(flattenEvent(deep)).toEqual([{ path: "a.b.c.d.e.f", value: '{"g":1}' }]);
  });
});

describe("what the rule matched", () => {
  const mark = (path: string, value: string, field: string | null, wanted: unknown) =>
    markMatches({ path, value }, [{ selection: "selection", field, value: wanted }]);

  it("is the whole value of the field that the condition names, in the envelope and in the details", () => {
    expect(mark("user_id", "root", "user_id", "root")).toEqual([{ text: "root", hit: true }]);
    expect(mark("details.CommandLine", "rm -rf /", "CommandLine", "rm -rf /")[0]?.hit).toBe(true);
    expect(mark("details.args.1", "-rf", "args", ["x", "-rf"])[0]?.hit).toBe(true);
  });

  it("is not the same value in another field", () => {
    expect(mark("details.owner", "root", "user_id", "root")).toEqual([{ text: "root", hit: false }]);
  });

  it("is the place in the text when all fields are searched", () => {
    expect(mark("raw", "sudo: FAILED for bob", null, "failed")).toEqual([
      { text: "sudo: ", hit: false },
      { text: "FAILED", hit: true },
      { text: " for bob", hit: false },
    ]);
  });

  it("is nothing for an empty word", () => {
    expect(mark("raw", "text", null, "")).toEqual([{ text: "text", hit: false }]);
  });
});

describe("a span in words", () => {
  it("has its two largest units", () => {
    expect([0, 800, 60_000, 61_000, 90_061_000].map(spanText)).toEqual([
      "0 ms",
      "800 ms",
      "1 min",
      "1 min 1 s",
      "1 d 1 h",
    ]);
  });
});

describe("a reference of a rule", () => {
  it("becomes a link only when it leads to the web", () => {
    expect(safeLink("https://attack.mitre.org/techniques/T1110/")).toBeDefined();
    const others = [
      "javascript:alert(1)",
      "data:text/html,x",
      " JaVaScRiPt:alert(1)",
      "//evil",
      "CVE-2021-1",
    ];
    expect(others.map(safeLink)).toEqual(others.map(() => undefined));
  });
});
