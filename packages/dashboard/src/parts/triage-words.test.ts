import { describe, expect, it } from "vitest";
import { undoneWords } from "../live/undo.ts";
import { deedWords } from "./triage-words.ts";

describe("what was done, in words", () => {
  it("names both numbers where an action left some alerts as they were", () => {
    expect(deedWords({ action: "acknowledge" }, { matched: 1284, changed: 1280 })).toBe(
      "Acknowledged 1,280 alerts; 4 stay as they were",
    );
    expect(deedWords({ action: "assign", assignee: "mia" }, { matched: 1, changed: 1 })).toBe(
      "Assigned 1 alert to mia",
    );
  });

  it("does not pretend when nothing was done", () => {
    expect(deedWords({ action: "resolve" }, { matched: 3, changed: 0 })).toMatch(/^Nothing was done/);
    expect(undoneWords({ matched: 3, changed: 0 })).toMatch(/^Nothing to undo/);
  });

  it("says of an undo what it left alone", () => {
    expect(undoneWords({ matched: 3, changed: 2 })).toBe(
      "Undone: 2 alerts are as before; 1 was changed again since and left alone",
    );
  });
});
