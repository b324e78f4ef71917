import { describe, expect, it } from "vitest";
import { isShown, toggleExcluded, toggleOnly } from "./facet-edit.ts";

describe("a click on a value", () => {
  it("shows only alerts with that value, in place of what was said of its field", () => {
    expect(toggleOnly("-status:closed user:bob", "status", "open")).toBe("status:open user:bob");
    expect(toggleOnly("severity:>=high", "severity", "low")).toBe("severity:low");
    expect(isShown("status:open user:bob", "status", "open")).toBe(true);
  });

  it("quotes a value that needs it", () => {
    expect(toggleOnly("", "user", "the admin")).toBe('user:"the admin"');
  });

  it("lifts with a second click what the first one did", () => {
    expect(toggleOnly(toggleOnly("host:web-1", "user", "bob"), "user", "bob")).toBe("host:web-1");
    expect(toggleExcluded(toggleExcluded("host:web-1", "user", "bob"), "user", "bob")).toBe("host:web-1");
  });

  it("leaves several values out one after the other", () => {
    const one = toggleExcluded("user:bob", "user", "bob");
    expect(one).toBe("-user:bob");
    expect(toggleExcluded(one, "user", "eve")).toBe("-user:bob,eve");
  });
});
