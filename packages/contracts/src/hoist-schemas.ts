/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Takes every schema that has an `$id` out of `node`, wherever it stands, and leaves `{ $ref: prefix + $id }` in its
 * place. The schemas come back by `$id`, in alphabetical order, without it: in one document they share a base.
 */
export function hoistSchemas(
  node: unknown,
  prefix: string,
): { node: unknown; schemas: Record<string, JsonSchema> } {
  const hoisted: Record<string, JsonSchema> = {};
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== "object" || part === null) return part;
    const { $id: id, ...rest } = part as Record<string, unknown>;
    const walked = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, walk(value)]));
    if (typeof id !== "string") return walked;
    hoisted[id] = walked;
    return { $ref: `${prefix}${id}` };
  };
  const walkedNode = walk(node);
  return {
    node: walkedNode,
    schemas: Object.fromEntries(
      Object.keys(hoisted)
        .sort()
        .map((id) => [id, hoisted[id]!]),
    ),
  };
}
