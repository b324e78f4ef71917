import { expect, test } from "vitest";
import { readIncidentsSearch, statusesOf, toggleStatus, withIncidentFilter } from "./incident-search.ts";

test("an address without a word about it shows whatever is not closed", () => {
  expect(statusesOf(readIncidentsSearch({}))).toEqual(["open", "acknowledged", "resolved"]);
  expect(readIncidentsSearch({ status: "nonsense", filter: " " })).toEqual({});
  expect(readIncidentsSearch({ status: ["resolved", "open", "acknowledged"] })).toEqual({});
});

test("statuses are read in any spelling and order, and written in one", () => {
  expect(readIncidentsSearch({ status: "CLOSED,open" })).toEqual({ status: "open,closed" });
  expect(readIncidentsSearch({ status: ["closed", "open"] })).toEqual({ status: "open,closed" });
});

test("a status is added or taken away; taking the last one away leads back to the usual ones", () => {
  const withClosed = toggleStatus({ filter: "host:web" }, "closed");
  expect(statusesOf(withClosed)).toHaveLength(4);
  expect(toggleStatus(withClosed, "closed")).toEqual({ filter: "host:web" });
  expect(toggleStatus({ status: "open" }, "open")).toEqual({});
});

test("an empty filter is no filter", () => {
  expect(withIncidentFilter({ status: "open", filter: "a" }, " ")).toEqual({ status: "open" });
  expect(withIncidentFilter({}, " user:alice ")).toEqual({ filter: "user:alice" });
});
