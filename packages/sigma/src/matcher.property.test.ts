import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { createEvent } from "./event.ts";
import { loadRules } from "./load.ts";
import { applies, routeRules } from "./route.ts";
import type { DetectionRule } from "./rule.ts";

type Value = string | number | boolean | null;
interface Item {
  readonly field: string;
  readonly place: "" | "contains" | "startswith" | "endswith";
  readonly flags: readonly ("all" | "cased" | "neq" | "windash")[];
  readonly values: readonly Value[];
}
type Selection = readonly (readonly Item[])[];
type Tree = { name: string } | { not: Tree } | { op: "and" | "or"; left: Tree; right: Tree };

type Flag = Item["flags"][number];
const flags: Flag[] = ["all", "cased", "neq", "windash"];
const fields = ["a", "b", "c.d"];
const names = ["s0", "s1", "s2"];

const text = fc.string({
  unit: fc.constantFrom("a", "A", "b", "1", "*", "?", "\\", "-", "/", " ", "é", "😀"),
  maxLength: 6,
});
const scalar = fc.oneof({ weight: 5, arbitrary: text }, fc.integer({ min: 0, max: 11 }), fc.boolean());
const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    field: fc.constantFrom(...fields),
    place: fc.constantFrom("", "contains", "startswith", "endswith"),
    flags: fc.subarray(flags),
    values: fc.array(scalar, { minLength: 2, maxLength: 5 }),
  }),
  fc.record({
    field: fc.constantFrom(...fields),
    place: fc.constant(""),
    flags: fc.subarray<Flag>(["neq"]),
    values: fc.tuple(fc.oneof(scalar, fc.constant(null))),
  }),
);
const selection: fc.Arbitrary<Selection> = fc.array(
  fc.uniqueArray(item, { minLength: 1, maxLength: 2, selector: keyOf }),
  { minLength: 1, maxLength: 2 },
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.record({ name: fc.constantFrom(...names) }),
    fc.record({ not: tie("tree") }),
    fc.record({ op: fc.constantFrom("and", "or"), left: tie("tree"), right: tie("tree") }),
  ),
}));
const leaf = fc.oneof(
  scalar,
  fc.constant(null),
  fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 2 }),
);
const record = fc.record(
  {
    a: leaf,
    b: leaf,
    c: fc.oneof(
      fc.record({ d: leaf }),
      fc.array(fc.record({ d: scalar }, { requiredKeys: [] }), { maxLength: 2 }),
    ),
  },
  { requiredKeys: [] },
);

function keyOf(written: Item): string {
  return [written.field, ...(written.place ? [written.place] : []), ...written.flags].join("|");
}

function conditionText(node: Tree): string {
  if ("name" in node) return node.name;
  if ("not" in node) return `not (${conditionText(node.not)})`;
  return `(${conditionText(node.left)}) ${node.op} (${conditionText(node.right)})`;
}

/** The slow reference: a pattern becomes a backtracking expression, every dash its own alternative. */
function naiveValue(value: Value, found: readonly unknown[] | undefined, { place, flags }: Item): boolean {
  if (value === null) return found === undefined || found.includes(null);
  if (found === undefined) return false;
  const pieces =
    typeof value === "string" ? (value.match(/\\[*?\\]|[\s\S]/gu) ?? []) : String(value).split("");
  let source = "";
  pieces.forEach((piece, index) => {
    const wild = typeof value === "string";
    if (wild && piece === "*") source += "[^]*";
    else if (wild && piece === "?") source += "[^]";
    else if (flags.includes("windash") && /^[-/]$/.test(piece) && startsOption(pieces, index))
      source += "[-/–—―]";
    else
      source += (piece.length === 2 && piece[0] === "\\" ? piece[1]! : piece).replace(
        /[\\^$.*+?()[\]{}|/]/gu,
        "\\$&",
      );
  });
  const before = place === "contains" || place === "endswith" ? "[^]*" : "";
  const after = place === "contains" || place === "startswith" ? "[^]*" : "";
  const regex = new RegExp(`^${before}${source}${after}$`, flags.includes("cased") ? "u" : "iu");
  return found.some((member) => member !== null && regex.test(String(member)));
}

/** A dash starts an option between what is no word character (or a wildcard, or nothing) and one that is. */
function startsOption(pieces: readonly string[], index: number): boolean {
  const isWord = (piece: string | undefined) => piece !== undefined && /^[\p{L}\p{N}]$/u.test(piece);
  return !isWord(pieces[index - 1]) && isWord(pieces[index + 1]);
}

function naiveField(scope: Record<string, unknown>, field: string): unknown {
  if (field !== "c.d") return scope[field];
  const inner = scope.c;
  if (!Array.isArray(inner)) return (inner as Record<string, unknown> | undefined)?.d;
  const members = inner.filter((member: object) => "d" in member).map((member: { d: unknown }) => member.d);
  return members.length === 0 ? undefined : members;
}

function naiveItem(written: Item, scope: Record<string, unknown>): boolean {
  const value = naiveField(scope, written.field);
  const found = value === undefined ? undefined : Array.isArray(value) ? value.flat(9) : [value];
  const one = (wanted: Value) => naiveValue(wanted, found, written);
  const joined = written.flags.includes("all") ? written.values.every(one) : written.values.some(one);
  return joined !== written.flags.includes("neq");
}

function naiveTree(node: Tree, holds: (name: string) => boolean): boolean {
  if ("name" in node) return holds(node.name);
  if ("not" in node) return !naiveTree(node.not, holds);
  const left = naiveTree(node.left, holds);
  const right = naiveTree(node.right, holds);
  return node.op === "and" ? left && right : left || right;
}

function mapsOf(maps: Selection): Record<string, unknown>[] {
  return maps.map((items) =>
    Object.fromEntries(
      items.map((written) => [
        keyOf(written),
        written.values.length === 1 ? written.values[0] : written.values,
      ]),
    ),
  );
}

function compiled(selections: readonly Selection[], condition: Tree): DetectionRule {
  const detection: Record<string, unknown> = { condition: conditionText(condition) };
  selections.forEach((maps, index) => {
    detection[names[index]!] = mapsOf(maps);
  });
  const source = stringify({ title: "T", logsource: { product: "x" }, detection });
  const { rules, problems } = loadRules([{ file: "random.yml", text: source }]);
  expect(problems, source).toEqual([]);
  return rules[0] as DetectionRule;
}

test("a compiled rule says what a slow reading of the same rule says", () => {
  const rule = fc.record({ selections: fc.tuple(selection, selection, selection), condition: tree });
  fc.assert(
    fc.property(
      rule,
      fc.array(record, { minLength: 5, maxLength: 20 }),
      ({ selections, condition }, records) => {
        const matcher = compiled(selections, condition);
        for (const scope of records) {
          const event = createEvent({ scopes: [scope], logsource: {} });
          const expected = naiveTree(condition, (name) =>
            selections[names.indexOf(name)]!.some((items) =>
              items.every((written) => naiveItem(written, scope)),
            ),
          );
          expect(matcher.matches(event)).toBe(expected);
          if (expected) expect(() => matcher.explain(event)).not.toThrow();
        }
      },
    ),
    { numRuns: 500 },
  );
});

/** What the generator above leaves out, because its slow reading does not know it. */
const other = fc.constantFrom<unknown>(
  ["aB", "b 1"],
  { "|all": ["a", "b"] },
  { "a|re": "a.?b|1[01]" },
  { "b|re|i": "^É+-|A{2}" },
  { "c.d|re": "[Aa]b$" },
  { "a|exists": true },
  { "b|exists": false },
  { "a|gt": 3 },
  { "b|fieldref": "a" },
  { "a|base64offset|contains": "ab" },
  { "c.d|cidr": "10.0.0.0/8" },
);
const logsource = fc.record(
  { product: fc.constantFrom("x", "Y"), category: fc.constantFrom("c"), service: fc.constantFrom("s", "t") },
  { requiredKeys: ["product"] },
);
const anySelection = fc.oneof(
  { weight: 3, arbitrary: selection.map(mapsOf) },
  { arbitrary: other, weight: 1 },
);
const ruleText = fc
  .record({ logsource, selections: fc.tuple(anySelection, anySelection, anySelection), condition: tree })
  .map(({ logsource: where, selections: [s0, s1, s2], condition }) => ({
    logsource: where,
    detection: { s0, s1, s2, condition: conditionText(condition) },
  }));

test("the index finds every rule that reading all rules one by one finds", () => {
  fc.assert(
    fc.property(
      fc.array(ruleText, { minLength: 1, maxLength: 12 }),
      fc.array(fc.record({ scope: record, where: logsource }), { minLength: 10, maxLength: 30 }),
      (texts, records) => {
        const sources = texts.map((rule, index) => ({
          file: `${index}.yml`,
          text: stringify({ title: `T${index}`, ...rule }),
        }));
        const { rules, problems } = loadRules(sources);
        expect(problems).toEqual([]);
        const detections = rules.filter((rule) => rule.kind === "detection");
        const routes = routeRules(rules);
        for (const { scope, where } of records) {
          const event = () => createEvent({ scopes: [scope], logsource: where });
          const expected = detections.filter(
            (rule) => applies(rule.logsource, where) && rule.matches(event()),
          );
          const seen = event();
          expect(routes.candidates(seen).filter((rule) => rule.matches(seen))).toEqual(expected);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("loading takes any text without throwing", () => {
  const piece = fc.constantFrom(
    "title: x\n",
    "detection:",
    "\n",
    " ",
    "- ",
    "s: ",
    "{",
    "}",
    "[",
    "]",
    "condition: s",
    "---\n",
    "&a ",
    "*a",
    "<<: ",
    "!!x ",
    "|",
    "'",
    '"',
    "\t",
    "\u0000",
    "correlation:",
    "logsource: {product: x}\n",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const set = loadRules([{ file: "random.yml", text: pieces.join("") }]);
      for (const { line, column } of set.problems) expect(Math.min(line, column)).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});
