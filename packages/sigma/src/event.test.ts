import { expect, test } from "vitest";
import { createEvent } from "./event.ts";

const logsource = {};

test("the first scope that has a field decides", () => {
  const event = createEvent({ scopes: [{ user: "a" }, { user: "b", host: "h" }], logsource });
  expect([event.field("user"), event.field("host"), event.field("none")]).toEqual(["a", "h", undefined]);
});

test("null in an earlier scope hides a later value", () => {
  expect(createEvent({ scopes: [{ user: null }, { user: "b" }], logsource }).field("user")).toBeNull();
});

test("a mapped name is looked up by its path only", () => {
  const fields = { eventSource: "user.source" };
  const scopes = [{ eventSource: "no", user: { source: "yes" } }];
  expect(createEvent({ scopes, logsource, fields }).field("eventSource")).toBe("yes");
  expect(
    createEvent({ scopes: [{ eventSource: "no" }], logsource, fields }).field("eventSource"),
  ).toBeUndefined();
});

test("a path through an array gives what the members hold", () => {
  const event = createEvent({ scopes: [{ a: [{ b: 1 }, { c: 2 }, { b: [3] }] }], logsource });
  expect(event.field("a.b")).toEqual([1, [3]]);
  expect(event.values("a.b")).toEqual([1, 3]);
  expect(event.texts("a.b")).toEqual(["1", "3"]);
});

test("a key with dots below a path is found", () => {
  const event = createEvent({ scopes: [{ labels: { "k8s.io/name": "x" } }], logsource });
  expect(event.field("labels.k8s.io/name")).toBe("x");
});

test.each(["__proto__", "constructor", "toString", "a.__proto__", "list.length", "text.length"])(
  "%s is no field of a record that does not have it",
  (name) => {
    const event = createEvent({ scopes: [{ a: {}, list: [1], text: "x" }], logsource, fields: {} });
    expect(event.field(name)).toBeUndefined();
  },
);

test("a key __proto__ that a record has is a field", () => {
  const scope = JSON.parse('{"__proto__": {"x": 1}}') as object;
  expect(createEvent({ scopes: [scope], logsource }).field("__proto__.x")).toBe(1);
});

test("null has no text, an object has its JSON", () => {
  const event = createEvent({ scopes: [{ f: [null, { K: 1 }, true] }], logsource });
  expect(event.texts("f")).toEqual(['{"K":1}', "true"]);
  expect(event.foldedTexts("f")).toEqual(['{"k":1}', "true"]);
});

test("the whole record is every scalar, and the raw line", () => {
  const details = { user: "bob", list: [1, { x: "bob" }] };
  const event = createEvent({
    scopes: [details, { details, host: "h", raw: "line" }],
    logsource,
    raw: "line",
  });
  expect([...new Set(event.texts(null))].sort()).toEqual(["1", "bob", "h", "line"]);
  expect(new Set(event.values(null))).toEqual(new Set([1, "bob", "h", "line"]));
});

test("a record that contains itself is read to its end", () => {
  const scope: Record<string, unknown> = { a: "x" };
  scope.self = scope;
  const event = createEvent({ scopes: [scope], logsource });
  expect(event.texts(null)).toEqual(["x"]);
  expect(event.texts("self")).toEqual([]);
});
