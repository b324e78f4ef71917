import { expect, test } from "vitest";
import { onlyTrace, readTraceContext, traceHeaders, traceIdOf } from "./trace-context.ts";

const id = "0af7651916cd43dd8448eb211c80319c";
const parent = `00-${id}-b7ad6b7169203331-01`;

test("headers of a sampled trace are a context and come out again as they were", () => {
  expect(traceHeaders(readTraceContext(parent)!)).toEqual({ traceparent: parent });
  const both = { traceparent: parent, tracestate: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE" };
  expect(traceHeaders(readTraceContext(both.traceparent, both.tracestate)!)).toEqual(both);
  expect(traceIdOf(readTraceContext(parent, both.tracestate)!)).toBe(id);
});

test.each([
  ["a trace that is not sampled", `00-${id}-b7ad6b7169203331-00`],
  ["an id of zeros", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
  ["a parent of zeros", `00-${id}-${"0".repeat(16)}-01`],
  ["the version that is forbidden", `ff-${id}-b7ad6b7169203331-01`],
  ["upper case", parent.toUpperCase()],
  ["something short", "00-1-2-01"],
  ["text of any length", parent + "x".repeat(100_000)],
  ["a number", 17],
  ["nothing", undefined],
])("%s is no context", (_what, header) => {
  expect(readTraceContext(header)).toBeUndefined();
});

test("a later version is read as far as it is known", () => {
  expect(readTraceContext(`cc-${id}-b7ad6b7169203331-03-what-comes-later`)).toBe(parent);
});

test.each([["line\nend"], ["with space"], ["é"], ["x".repeat(513)], [""], [5]])(
  "the state %j is left out, the context stays",
  (state) => {
    expect(readTraceContext(parent, state)).toBe(parent);
  },
);

test("records have one context in common only if no two differ", () => {
  expect(onlyTrace([])).toBeUndefined();
  expect(onlyTrace([undefined, parent, undefined, parent])).toBe(parent);
  expect(onlyTrace([parent, `${parent} a=b`])).toBeUndefined();
});
