import { expect, test } from "vitest";
import { sumOf } from "./metrics-text.ts";

const text = `# TYPE events_total counter
events_total{code="a",via="http"} 2
events_total{code="b",via="http"} 3.5
events_total_more{code="a"} 100
plain 7
`;

test("sums the values of a metric over the labels that are asked for", () => {
  expect(sumOf(text, "events_total", {})).toBe(5.5);
  expect(sumOf(text, "events_total", { code: "a" })).toBe(2);
  expect(sumOf(text, "events_total", { via: "http", code: "b" })).toBe(3.5);
  expect(sumOf(text, "plain", {})).toBe(7);
  expect(sumOf(text, "absent", {})).toBe(0);
});
