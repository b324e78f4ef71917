/** Where the names that were assigned to on this browser are kept, the last first. */
const setting = "auditflow-assignees";

/** The names that this browser assigned to before, the last first. */
export function knownAssignees(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(setting) ?? "[]");
    return Array.isArray(kept) ? kept.filter((name) => typeof name === "string") : [];
  } catch {
    // Storage is forbidden, or holds what somebody else wrote.
    return [];
  }
}

/** Keeps a name for the next time. */
export function rememberAssignee(name: string): void {
  const names = [name, ...knownAssignees().filter((known) => known !== name)].slice(0, 20);
  try {
    localStorage.setItem(setting, JSON.stringify(names));
  } catch {
    // Then it has to be typed again.
  }
}
