import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { createEvent } from "./event.ts";
import { loadRules } from "./load.ts";
import type { DetectionRule } from "./rule.ts";

function ruleOf(detection: object): DetectionRule {
  const text = stringify({ title: "A rule", logsource: { product: "x" }, detection });
  const { rules, problems } = loadRules([{ file: "a.yml", text }]);
  expect(problems).toEqual([]);
  return rules[0] as DetectionRule;
}

function matches(selection: unknown, record: object, raw?: string): boolean {
  const event = createEvent({ scopes: [record], logsource: {}, ...(raw === undefined ? {} : { raw }) });
  return ruleOf({ selection, condition: "selection" }).matches(event);
}

type Case = readonly [claim: string, selection: unknown, record: object, expected: boolean];

const S = String.raw;
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

const values: readonly Case[] = [
  ["texts are equal whatever the case", { f: "Root" }, { f: "rOOT" }, true],
  ["a part of a text is not enough", { f: "root" }, { f: "root2" }, false],
  ["all fields of a map must hold", { a: 1, b: 2 }, { a: 1, b: 3 }, false],
  ["one value of a list is enough", { f: ["a", "b"] }, { f: "B" }, true],
  ["a long list of values is a set", { f: ["a", "b", "c", "D"] }, { f: "d" }, true],
  ["no value of a long list", { f: ["a", "b", "c", "d"] }, { f: "e" }, false],
  ["a number matches the number", { f: 22 }, { f: 22 }, true],
  ["a number matches its text", { f: 22 }, { f: "22" }, true],
  ["a text matches the number it writes", { f: "22" }, { f: 22 }, true],
  ["true matches true", { f: true }, { f: true }, true],
  ["true matches its text", { f: true }, { f: "True" }, true],
  ["true does not match 1", { f: true }, { f: 1 }, false],
  ["null matches null", { f: null }, { f: null }, true],
  ["null matches a missing field", { f: null }, {}, true],
  ["null does not match an empty text", { f: null }, { f: "" }, false],
  ["an empty text does not match null", { f: "" }, { f: null }, false],
  ["an empty text matches an empty text", { f: "" }, { f: "" }, true],
  ["any member of an array is enough", { f: "b" }, { f: ["a", "b"] }, true],
  ["arrays in arrays are members too", { f: "b" }, { f: ["a", ["b"]] }, true],
  ["null matches an array with null", { f: null }, { f: ["a", null] }, true],
  ["a path goes through objects", { "a.b": "x" }, { a: { b: "x" } }, true],
  ["a key with dots comes before the path", { "a.b": "x" }, { "a.b": "x", a: { b: "y" } }, true],
  ["a path goes through arrays", { "a.b": "y" }, { a: [{ b: "x" }, { b: "y" }, {}] }, true],
  ["field names keep their case", { F: "x" }, { f: "x" }, false],
  ["inherited properties are no fields", { "constructor.name|exists": true }, {}, false],
  ["one map of a list is enough", [{ a: 1 }, { b: 2 }], { b: 2 }, true],
  ["a list may mix maps and keywords", [{ a: 1 }, "evil"], { b: "so evil" }, true],
  ["lists may stand in lists", [[{ a: 1 }], [{ b: 2 }]], { b: 2 }, true],
];

const modifiers: readonly Case[] = [
  ["contains finds a part", { "f|contains": "OO" }, { f: "root" }, true],
  ["contains of nothing holds for every text", { "f|contains": "" }, { f: "root" }, true],
  ["contains of nothing needs the field", { "f|contains": "" }, {}, false],
  ["contains takes a number", { "f|contains": 46 }, { f: 4625 }, true],
  ["contains keeps wildcards inside", { "f|contains": "a*d" }, { f: "xabcdx" }, true],
  ["contains looks into objects as JSON", { "f|contains": '"k":"v"' }, { f: { k: "v" } }, true],
  ["startswith finds the start", { "f|startswith": "ro" }, { f: "Root" }, true],
  ["startswith wants the start", { "f|startswith": "oo" }, { f: "root" }, false],
  ["endswith finds the end", { "f|endswith": S`\cmd.exe` }, { f: S`C:\CMD.EXE` }, true],
  ["endswith wants the end", { "f|endswith": "oo" }, { f: "root" }, false],
  ["all wants every value", { "f|contains|all": ["a", "b"] }, { f: "xbxa" }, true],
  ["all is not content with one", { "f|contains|all": ["a", "b"] }, { f: "xa" }, false],
  ["all looks for each value in any member", { "f|all": ["a", "b"] }, { f: ["b", "a"] }, true],
  ["cased tells case apart", { "f|cased": "Root" }, { f: "root" }, false],
  ["cased finds the same case", { "f|contains|cased": "oo" }, { f: "Root" }, true],
  ["exists holds for a field that is null", { "f|exists": true }, { f: null }, true],
  ["exists does not hold for a missing one", { "f|exists": true }, {}, false],
  ["exists: false holds for a missing one", { "f|exists": false }, {}, true],
  ["neq turns the item round", { "f|neq": "a" }, { f: "b" }, true],
  ["neq of a list refuses each", { "f|neq": ["a", "b"] }, { f: "b" }, false],
  ["neq holds for a missing field", { "f|neq": "a" }, {}, true],
  ["neq of null wants a value", { "f|neq": null }, {}, false],
  ["neq follows contains", { "f|contains|neq": "a" }, { f: "xax" }, false],
  ["re finds a part", { "f|re": "o{2}" }, { f: "root" }, true],
  ["re tells case apart", { "f|re": "ROOT" }, { f: "root" }, false],
  ["re with i does not", { "f|re|i": "ROOT" }, { f: "root" }, true],
  ["re takes (?i)", { "f|re": "(?i)ROOT" }, { f: "root" }, true],
  ["re with m knows lines", { "f|re|m": "^b$" }, { f: "a\nb\nc" }, true],
  ["re without m knows one", { "f|re": "^b$" }, { f: "a\nb\nc" }, false],
  ["re with s lets a dot be a line end", { "f|re|s": "a.b" }, { f: "a\nb" }, true],
  ["re without s does not", { "f|re": "a.b" }, { f: "a\nb" }, false],
  ["re with i and s does both", { "f|re|i|s": "A.B" }, { f: "a\nb" }, true],
  ["re sees numbers as text", { "f|re": "^46" }, { f: 4625 }, true],
  ["re keeps backslashes", { "f|re": S`\\cmd\.exe$` }, { f: S`C:\cmd.exe` }, true],
  ["cidr holds an address", { "f|cidr": "10.0.0.0/8" }, { f: "10.255.0.1" }, true],
  ["cidr refuses another", { "f|cidr": "10.0.0.0/8" }, { f: "11.0.0.1" }, false],
  ["one network of a list is enough", { "f|cidr": ["10.0.0.0/8", "fe80::/10"] }, { f: "fe80::1" }, true],
  ["cidr knows IPv4 written as IPv6", { "f|cidr": "10.0.0.0/8" }, { f: "::ffff:10.0.0.1" }, true],
  ["cidr refuses what is no address", { "f|cidr": "0.0.0.0/0" }, { f: "host-1" }, false],
  ["cidr refuses octal tricks", { "f|cidr": "0.0.0.0/0" }, { f: "012.0.0.1" }, false],
  ["gt is more", { "f|gt": 5 }, { f: 6 }, true],
  ["gt is not the same", { "f|gt": 5 }, { f: 5 }, false],
  ["gte is the same too", { "f|gte": 5 }, { f: "5" }, true],
  ["lt is less", { "f|lt": 5.5 }, { f: 5 }, true],
  ["lte refuses more", { "f|lte": 5 }, { f: 5.1 }, false],
  ["an empty text is no number", { "f|lt": 5 }, { f: "" }, false],
  ["neq turns a comparison round", { "f|gt|neq": 5 }, { f: 4 }, true],
  ["hour is read as written", { "f|hour": 9 }, { f: "2026-01-31T09:15:00+05:00" }, true],
  ["minute", { "f|minute": 15 }, { f: "2026-01-31 09:15:00" }, true],
  ["day of a list", { "f|day": [30, 31] }, { f: "2026-01-31" }, true],
  ["month", { "f|month": 2 }, { f: "2026-01-31" }, false],
  ["year", { "f|year": 2026 }, { f: "2026-01-31" }, true],
  ["hour needs a time", { "f|hour": 0 }, { f: "2026-01-31" }, false],
  ["week of ISO 8601 at a year's start", { "f|week": 53 }, { f: "2021-01-03" }, true],
  ["week of ISO 8601 at a year's end", { "f|week": 1 }, { f: "2024-12-30" }, true],
  ["week in a leap year", { "f|week": 9 }, { f: "2024-03-03" }, true],
  ["no date has no part", { "f|year": 2026 }, { f: "in 2026" }, false],
  ["base64 is the encoded value", { "f|base64|contains": "foo bar" }, { f: `x ${base64("foo bar")}` }, true],
  ["wide is UTF-16", { "f|wide|base64": "ping" }, { f: base64(Buffer.from("ping", "utf16le")) }, true],
  ["utf16le is wide", { "f|utf16le|base64": "ping" }, { f: base64(Buffer.from("ping", "utf16le")) }, true],
  ["utf16be turns bytes", { "f|utf16be|base64": "a" }, { f: base64(Buffer.from([0, 97])) }, true],
  ["utf16 has a mark", { "f|utf16|base64": "a" }, { f: base64(Buffer.from([0xff, 0xfe, 97, 0])) }, true],
  ["fieldref compares two fields", { "a|fieldref": "b" }, { a: "X", b: "x" }, true],
  ["fieldref sees a difference", { "a|fieldref": "b" }, { a: "x", b: "y" }, false],
  ["fieldref needs both", { "a|fieldref": "b" }, {}, false],
  ["fieldref with cased", { "a|fieldref|cased": "b" }, { a: "X", b: "x" }, false],
  ["fieldref with endswith", { "a|fieldref|endswith": "b" }, { a: "host.example", b: "EXAMPLE" }, true],
  ["fieldref with neq", { "a|fieldref|neq": "b" }, { a: "x", b: "y" }, true],
  ["windash takes a slash for a dash", { "f|contains|windash": " -f" }, { f: "del /F" }, true],
  ["windash takes an em dash", { "f|windash|contains": " -f" }, { f: "del —f" }, true],
  ["windash permutes each", { "f|contains|all|windash": ["-a -b", "x"] }, { f: "x /a –b" }, true],
  ["windash leaves dashes inside words", { "f|contains|windash": "a-b" }, { f: "a/b" }, false],
];

const keywords: readonly Case[] = [
  ["a keyword is found in any value", ["evil"], { a: { b: ["x", "so EVIL it is"] } }, true],
  ["a keyword is not found in keys", ["evil"], { evil: "x" }, false],
  ["a keyword is found as a number", [4625], { a: 4625 }, true],
  ["a single keyword needs no list", "evil", { a: "evil" }, true],
  ["one keyword is enough", ["x", "evil"], { a: "evil" }, true],
  ["all wants every keyword", { "|all": ["evil", "root"] }, { a: "evil", b: "root" }, true],
  ["all misses one", { "|all": ["evil", "root"] }, { a: "evil" }, false],
  ["wildcards stand in keywords", ["ev*l"], { a: "x evaaal x" }, true],
  ["re searches the record", { "|re": ["^e.il$"] }, { a: "evil" }, true],
];

describe("values", () => {
  test.each(values)("%s", (_claim, selection, record, expected) => {
    expect(matches(selection, record)).toBe(expected);
  });
});

describe("modifiers", () => {
  test.each(modifiers)("%s", (_claim, selection, record, expected) => {
    expect(matches(selection, record)).toBe(expected);
  });

  test.each(["", "x", "xy", "xyz", "wxyz"])("base64offset finds a text %j bytes in", (before) => {
    const encoded = base64(`${before}/bin/bash -i`);
    expect(matches({ "f|base64offset|contains": "/bin/bash" }, { f: encoded })).toBe(true);
    expect(matches({ "f|base64offset|contains": "/bin/zsh" }, { f: encoded })).toBe(false);
  });
});

describe("keywords", () => {
  test.each(keywords)("%s", (_claim, selection, record, expected) => {
    expect(matches(selection, record)).toBe(expected);
  });

  test("a keyword is found in the raw line", () => {
    expect(matches(["Accepted password"], {}, "sshd[1]: accepted password for root")).toBe(true);
  });
});

describe("conditions", () => {
  const rule = ruleOf({
    good: { f: "a" },
    filter_x: { g: "b" },
    filter_y: { h: "c" },
    condition: ["good and not 1 of filter_*", "all of filter_*"],
  });
  const ask = (record: object) => rule.matches(createEvent({ scopes: [record], logsource: {} }));

  test("not over a missing field is true", () => {
    expect(ask({ f: "a" })).toBe(true);
  });

  test("a filter that holds refuses", () => {
    expect(ask({ f: "a", g: "b" })).toBe(false);
  });

  test("a list of conditions is an or", () => {
    expect(ask({ g: "b", h: "c" })).toBe(true);
  });
});

describe("reasons", () => {
  const rule = ruleOf({
    selection: [{ "user|startswith": "ad", "ip|cidr": "10.0.0.0/8" }, { user: "root" }],
    words: ["denied"],
    filter: { safe: true },
    gone: { missing: null },
    condition: "(selection or words) and gone and not filter",
  });
  const explain = (record: object) => rule.explain(createEvent({ scopes: [record], logsource: {} }));

  test("each item that holds is named with the value found", () => {
    expect(explain({ user: ["x", "Admin"], ip: "10.1.1.1" })).toEqual([
      { selection: "selection", field: "user", value: "Admin" },
      { selection: "selection", field: "ip", value: "10.1.1.1" },
      { selection: "gone", field: "missing", value: null },
    ]);
  });

  test("a keyword has no field, and long values are cut", () => {
    const [reason] = explain({ text: `denied ${"x".repeat(1000)}` });
    expect(reason).toMatchObject({ selection: "words", field: null });
    expect(String(reason?.value)).toHaveLength(501);
  });
});
