import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accept, chipsOf, completionAt, faultsOf, faultsToShow, partsOf } from "./query-text.ts";

const plain = (_field: string, value: string): string => value;

describe("the text of a query", () => {
  it("is cut at its faults and stays whole, whatever is written", () => {
    const signs = fc.stringMatching(/^[-a-z:>=," *\\]{0,40}$/);
    fc.assert(
      fc.property(fc.oneof(signs, fc.string()), (text) => {
        const parts = partsOf(text, faultsOf(text));
        expect(parts.map((part) => part.text).join("")).toBe(text);
        expect(parts.every(({ from, text: own }) => text.startsWith(own, from))).toBe(true);
      }),
    );
  });

  it("marks the value that is wrong", () => {
    const text = "user:bob severity:hgih";
    expect(partsOf(text, faultsOf(text)).filter(({ fault }) => fault)).toEqual([
      { from: 18, text: "hgih", fault: true },
    ]);
  });

  it("does not find fault with the word that is being written, unless it is asked for the answer", () => {
    const faults = faultsOf("severity:hi");
    expect(faultsToShow(faults, 11, false)).toEqual([]);
    expect(faultsToShow(faults, 11, true)).toEqual(faults);
    expect(faultsToShow(faults, undefined, false)).toEqual(faults);
  });

  it("shows each term in words that say what it does, and the filter without it", () => {
    const text =
      '-status:closed,resolved severity:>=high user:"the admin",b* time:>=now-24h -"failed password"';
    expect(chipsOf(text, plain).map(({ words }) => words)).toEqual([
      "status not closed nor resolved",
      "severity at least high",
      "user the admin or b*",
      "time since now-24h",
      "without “failed password”",
    ]);
    expect(chipsOf("user:bob severity:low", plain)[0]?.without).toBe("severity:low");
  });

  it("names a rule as people know it", () => {
    const name = (field: string, value: string): string => (field === "rule" ? "Failed login" : value);
    expect(chipsOf("rule:0198c6a0", name)[0]?.words).toBe("rule Failed login");
  });

  it("offers the values that alerts have beside those of the language", () => {
    const users = [
      { text: "alice", help: "12 alerts" },
      { text: '"bob b"', help: "1 alert" },
    ];
    expect(completionAt("user:bo", 7, () => users).options).toEqual([users[1]]);
    expect(completionAt("stat", 4, () => users).options[0]?.text).toBe("status:");
  });

  it("puts an option in the place of what was begun, and the caret behind it", () => {
    const value = completionAt("severity:cri host:a", 12, () => []);
    expect(accept("severity:cri host:a", value, "critical")).toEqual({
      text: "severity:critical host:a",
      caret: 17,
    });
    const field = completionAt("sev", 3, () => []);
    expect(accept("sev", field, "severity:")).toEqual({ text: "severity:", caret: 9 });
  });
});
