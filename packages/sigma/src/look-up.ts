/**
 * What a record holds under a field name: the key of that very name first, then the path that its dots describe,
 * through arrays (the list of what their members hold). Own properties only; undefined when there is none.
 */
export function lookUp(container: unknown, name: string): unknown {
  if (typeof container !== "object" || container === null) return undefined;
  if (Array.isArray(container)) return lookUpInMembers(container, name);
  if (Object.hasOwn(container, name)) return (container as Record<string, unknown>)[name];
  const dot = name.indexOf(".");
  if (dot < 0) return undefined;
  const head = name.slice(0, dot);
  if (!Object.hasOwn(container, head)) return undefined;
  return lookUp((container as Record<string, unknown>)[head], name.slice(dot + 1));
}

function lookUpInMembers(members: readonly unknown[], name: string): unknown {
  const found = members.map((member) => lookUp(member, name)).filter((value) => value !== undefined);
  return found.length === 0 ? undefined : found;
}
