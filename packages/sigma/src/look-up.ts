/**
 * What a record holds under a field name: the key of that very name first, then the path that its dots describe,
 * through arrays (the list of what their members hold). What every object has, such as `constructor`, is no field;
 * undefined when there is none.
 */
export function lookUp(container: object, name: string): unknown {
  const path = pathOf(name);
  // Nearly all records are no lists, and have most fields under their very names.
  if (!path[0]!.isInherited && !Array.isArray(container)) {
    const value = (container as Record<string, unknown>)[name];
    if (value !== undefined || path.length === 1) return value;
  }
  return follow(container, path, 0);
}

/** A place in a name: what is left of it from there, and the key that stands before its next dot. */
interface Step {
  readonly rest: string;
  readonly key: string;
  /** Whether every object has something by one of these names, so that only an own property is a field. */
  readonly isInherited: boolean;
}

/** To cut a name for every record costs more than to look it up; rules name as many fields as they do, and no more. */
const paths = new Map<string, readonly Step[]>();

function pathOf(name: string): readonly Step[] {
  const known = paths.get(name);
  if (known !== undefined) return known;
  const keys = name.split(".");
  const path = keys.map((key, index): Step => {
    const rest = keys.slice(index).join(".");
    return { rest, key, isInherited: key in Object.prototype || rest in Object.prototype };
  });
  paths.set(name, path);
  return path;
}

function follow(container: unknown, path: readonly Step[], from: number): unknown {
  let inner = container;
  for (let at = from; at < path.length; at += 1) {
    if (typeof inner !== "object" || inner === null) return undefined;
    if (Array.isArray(inner)) return followMembers(inner, path, at);
    const { rest, key, isInherited } = path[at]!;
    const whole = held(inner, rest, isInherited);
    if (whole !== undefined || rest === key) return whole;
    inner = held(inner, key, isInherited);
  }
  return inner;
}

function held(container: object, key: string, isInherited: boolean): unknown {
  if (isInherited && !Object.hasOwn(container, key)) return undefined;
  return (container as Record<string, unknown>)[key];
}

function followMembers(members: readonly unknown[], path: readonly Step[], from: number): unknown {
  const found = members.map((member) => follow(member, path, from)).filter((value) => value !== undefined);
  return found.length === 0 ? undefined : found;
}
