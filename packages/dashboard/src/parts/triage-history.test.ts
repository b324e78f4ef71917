import { describe, expect, it } from "vitest";
import { entryWords } from "./triage-history.tsx";

const open = { status: "open", assignee: null, close_reason: null };

describe("a line of history", () => {
  it("says why something was closed and who it was assigned to", () => {
    const to = { ...open, status: "closed", close_reason: "accepted_risk" };
    expect(entryWords({ action: "close", from: open, to })).toBe("Closed: accepted risk");
    expect(entryWords({ action: "assign", from: open, to: { ...open, assignee: "mia" } })).toBe(
      "Assigned to mia",
    );
    expect(entryWords({ action: "assign", from: { ...open, assignee: "mia" }, to: open })).toBe(
      "Taken off mia",
    );
  });

  it("says of an undo what it led back to, and shows an action of a later version as it is named", () => {
    expect(entryWords({ action: "undo", from: open, to: open })).toBe("Undone: open again");
    expect(entryWords({ action: "snooze", from: open, to: open })).toBe("snooze");
  });
});
