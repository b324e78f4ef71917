import { describe, expect, it } from "vitest";
import { movesAlong } from "./use-moving-range.ts";

describe("a span that moves along", () => {
  it("is one that is counted back from now", () => {
    expect(movesAlong("user:bob time:>=now-15m")).toBe(true);
    expect(movesAlong("time:>now-1h")).toBe(true);
  });

  it("is neither one between two moments nor text that looks like one", () => {
    expect(movesAlong("time:>=2026-01-15T09:00:00.000Z")).toBe(false);
    expect(movesAlong('"no time:>=now-1h"')).toBe(false);
  });
});
