import { expect, test } from "vitest";
import { readChannelsSearch } from "./channel-search.ts";

const channel = "0190a000-0000-7000-8000-000000000001";

test("what stands in the address is read, and what is nonsense is left out", () => {
  expect(readChannelsSearch({ channel, state: "dead", other: 1 })).toEqual({ channel, state: "dead" });
  expect(readChannelsSearch({ channel: "x", state: "gone" })).toEqual({});
  expect(readChannelsSearch({ channel: 12, state: ["dead"] })).toEqual({});
});
