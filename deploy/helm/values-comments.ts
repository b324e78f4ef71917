import { isMap, isPair, isScalar, type Node, type Pair, parseDocument } from "yaml";

/** A setting of the chart, or a section of them. */
export interface ValueRow {
  /** Where it is, such as `config.rateLimit`. */
  readonly path: string;
  /** Its default as in values.yaml. */
  readonly value: unknown;
  /** The comment above it. */
  readonly comment: string;
}

/** A part of values.yaml: what begins with `## Heading`. */
export interface ValueSection {
  readonly key: string;
  readonly heading: string;
  readonly rows: readonly ValueRow[];
}

/** The sections of a values.yaml, in its order, each setting with the comment above it. */
export function valueSections(yaml: string): ValueSection[] {
  const document = parseDocument(yaml);
  if (document.errors[0] !== undefined) throw document.errors[0];
  if (!isMap(document.contents)) throw new Error("values.yaml holds no map");
  return document.contents.items.filter(isPair).map((pair) => sectionOf(pair as Pair<Node, Node>));
}

function sectionOf(pair: Pair<Node, Node>): ValueSection {
  const key = keyOf(pair);
  // What stands above the first key of the file belongs to the file.
  const heading = commentOf(pair)
    .split("\n")
    .filter((line) => line.startsWith("# "))
    .map((line) => line.slice(2))
    .join(" ");
  return { key, heading, rows: rowsIn(pair.value, key) };
}

function rowsIn(node: Node | null, path: string): ValueRow[] {
  if (!isMap(node)) return [];
  return node.items.flatMap((item) => {
    const pair = item as Pair<Node, Node>;
    const own = `${path}.${keyOf(pair)}`;
    // Above the first key of a map, the parser gives the comment to the map.
    const comment = commentOf(pair) || (item === node.items[0] ? (node.commentBefore ?? "").trim() : "");
    if (comment === "") return rowsIn(pair.value, own);
    return [{ path: own, value: pair.value?.toJSON(), comment: comment.replaceAll(/\n\s*/g, " ") }];
  });
}

function keyOf({ key }: Pair<Node, Node>): string {
  return isScalar(key) ? String(key.value) : "";
}

function commentOf({ key }: Pair<Node, Node>): string {
  return (key.commentBefore ?? "")
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
}
