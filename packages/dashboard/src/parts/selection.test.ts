import { describe, expect, it } from "vitest";
import { chosenOf, extend, nothing, toggle, toggleAll } from "./selection.ts";

const rows = ["a", "b", "c", "d", "e"];

describe("choosing rows", () => {
  it("extends from the last row touched to this one, in both directions", () => {
    expect(chosenOf(extend(toggle(nothing, "b"), rows, "d"), rows)).toEqual(["b", "c", "d"]);
    expect(chosenOf(extend(toggle(nothing, "d"), rows, "b"), rows)).toEqual(["b", "c", "d"]);
  });

  it("lets a range go when the row it starts from was let go", () => {
    const all = toggleAll(nothing, rows);
    expect(chosenOf(extend(toggle(all, "b"), rows, "d"), rows)).toEqual(["a", "e"]);
  });

  it("chooses just the row when the one before has left the list", () => {
    expect(chosenOf(extend(toggle(nothing, "gone"), rows, "c"), rows)).toEqual(["c"]);
  });

  it("chooses all, and none when all are chosen", () => {
    const all = toggleAll(toggle(nothing, "c"), rows);
    expect(chosenOf(all, rows)).toEqual(rows);
    expect(toggleAll(all, rows)).toEqual(nothing);
  });

  it("forgets what has left the list", () => {
    expect(chosenOf(toggleAll(nothing, rows), ["b", "x"])).toEqual(["b"]);
  });
});
