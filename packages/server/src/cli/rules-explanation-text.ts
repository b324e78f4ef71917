import { clip } from "../ingest/clip.ts";
import { printable } from "./printable.ts";
import type {
  CorrelationExplanation,
  DetectionExplanation,
  Explanation,
  Named,
} from "./rules-explanation.ts";
import { itemText, readDetection, type Selection } from "./rules-selection.ts";
import type { Verdict, VerdictLine } from "./rules-verdict.ts";

/** An explanation as a person reads it in a terminal. */
export function explanationText(explanation: Explanation & { readonly event?: Verdict | undefined }): string {
  const { detection, correlation, event } = explanation;
  const sections = [
    ...(detection === null ? [] : detectionSections(detection)),
    ...(correlation === null ? [] : correlationSections(correlation)),
    section("Alerts", alertLines(explanation)),
    ...("event" in explanation ? [section("This event", verdictLines(event))] : []),
  ];
  return [head(explanation), ...sections].join("\n");
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines
    .map((line) => `  ${line}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("")}`;
}

function head(explanation: Explanation): string {
  const { title, level, kind, description, name, status, version } = explanation;
  const rows: readonly (readonly [string, string])[] = [
    ["id", explanation.id],
    ["name", name ?? ""],
    ["written", `${explanation.file}:${explanation.line}`],
    ["version", version],
    ["status", status ?? ""],
    ["author", explanation.author ?? ""],
    ["license", explanation.license ?? ""],
    ["tags", explanation.tags.join(" ")],
    ...explanation.references.map((link) => ["reference", link] as const),
    ...explanation.false_positives.map((reason) => ["false alarm", reason] as const),
  ];
  const table = rows
    .filter(([, value]) => value !== "")
    .map(([label, value]) => `  ${label.padEnd(13)}${printable(value)}\n`);
  const text = (description ?? "")
    .trim()
    .split("\n")
    .map((line) => `  ${printable(line)}\n`)
    .join("");
  return `${printable(title)}  (${kind}, ${level})\n${text}\n${table.join("")}`;
}

function detectionSections(detection: DetectionExplanation): string[] {
  const { logsource, sources, fields, found_by: atoms, filters } = detection;
  const width = Math.max(0, ...fields.map(({ field }) => (field ?? keywords).length));
  const reads = fields.map(
    ({ field, looked_up }) => `${printable(field ?? keywords).padEnd(width)}  ${looked_up}`,
  );
  const found =
    atoms === null
      ? ["every event of its logsource is looked at"]
      : [
          `only events are looked at in which ${atoms.length > 1 ? "one of these holds" : "this holds"}:`,
          ...some(atoms),
        ];
  return [
    section("Looks at events of", [printable(logsource), ...sources.map((source) => `- ${source}`)]),
    section("Reads", [...reads, "a list fits when any of its members does"]),
    section("Found by", found),
    section("Matches when", writtenLines(detection.section)),
    ...filters.map((filter) =>
      section(`And when the filter ${named(filter)} lets it`, writtenLines(filter.section)),
    ),
  ];
}

const keywords = "(keywords)";
const shown = 8;

function some(lines: readonly string[]): string[] {
  const more = lines.length > shown ? [`- ${lines.length - shown} more`] : [];
  return [...lines.slice(0, shown).map((line) => `- ${line}`), ...more];
}

function writtenLines(written: unknown): string[] {
  const { conditions, selections } = readDetection(written);
  return [
    `condition: ${conditions.map(printable).join("  or  ")}`,
    ...[...selections].flatMap(([name, selection]) => [
      `${printable(name)}:`,
      ...selectionLines(selection, 1),
    ]),
  ];
}

function selectionLines(selection: Selection, depth: number): string[] {
  const indent = "  ".repeat(depth);
  if (selection.kind === "item") return [`${indent}${itemText(selection.key, selection.value)}`];
  if (depth === 1 && selection.kind === "all")
    return selection.of.flatMap((part) => selectionLines(part, depth));
  const lines = selection.of.flatMap((part) => selectionLines(part, depth + 1));
  return [`${indent}${groupText(selection.kind)}`, ...lines];
}

function groupText(kind: "all" | "any"): string {
  return kind === "all" ? "all of" : "any of";
}

function correlationSections({ sentence, counts, logsources, settings }: CorrelationExplanation): string[] {
  return [
    section("Correlation", [
      printable(sentence),
      ...Object.entries(settings).map(
        ([name, value]) => `${name} ${value}: ${settingTexts[name] ?? decidedTexts[value]}`,
      ),
    ]),
    section("Counts", counts.map(named)),
    section("Which look at events of", logsources.map(printable)),
  ];
}

const settingTexts: Readonly<Record<string, string>> = {
  lateness: "events may come so much later than the newest of their group",
  refire_gap: "firings that follow each other within this are one alert",
  suppress: "so long after the first firing of an alert its group raises no other",
};

const decidedTexts: Readonly<Record<string, string>> = {
  "at once": "no event that comes later can undo a firing",
  later:
    "when the lateness has passed, or nothing came for the group in that time: until then an event can undo it",
};

function named({ title, file, line }: Named): string {
  return `"${printable(title)}" (${file}:${line})`;
}

function alertLines({ alerts, counted_by: counting }: Explanation): string[] {
  const own = alerts ? "raises alerts" : "raises no alert of its own";
  return [
    own,
    ...(counting.length > 0 ? ["is counted by", ...counting.map((one) => `- ${named(one)}`)] : []),
  ];
}

function verdictLines(verdict: Verdict | undefined): string[] {
  if (verdict === undefined)
    return [
      "a correlation judges no single event: explain the rules that it counts, or test it with several events",
    ];
  const { matches, elsewhere, reasons, parts } = verdict;
  const away =
    elsewhere === null ? [] : [`its logsource is ${printable(elsewhere)}: the rule does not look at it`];
  const why = reasons.map(
    ({ selection, field, value }) =>
      `because of ${printable(selection)}: ${printable(field ?? keywords)} ${valueText(value)}`,
  );
  const details = parts.flatMap(({ filter, conditions, selections }) => [
    `${filter === null ? "condition" : `filter "${printable(filter)}"`}: ${conditions.map(printable).join("  or  ")}`,
    ...selections.flatMap(({ name, lines }) => [
      `${mark(lines[0]?.holds === true)} ${printable(name)}`,
      ...(lines[0]?.item === "all" ? lines.slice(1).map(outdented) : lines).map(lineText),
    ]),
  ]);
  return [matches ? "matches" : "does not match", ...away, ...why, "", ...details];
}

/** That all items of a selection have to hold goes without saying. */
function outdented(line: VerdictLine): VerdictLine {
  return { ...line, depth: line.depth - 1 };
}

function lineText({ depth, holds, item, found }: VerdictLine): string {
  const text = typeof item === "string" ? groupText(item) : itemText(item.key, item.value);
  const isSaid = typeof item === "string" || item.key.split("|")[0] === "";
  const has = isSaid ? "" : `  (the event has ${found === undefined ? "no such field" : valueText(found)})`;
  return `${"  ".repeat(depth + 1)}${mark(holds)} ${text}${has}`;
}

function mark(holds: boolean): string {
  return holds ? "yes" : "no ";
}

function valueText(value: unknown): string {
  return printable(clip(JSON.stringify(value) ?? "nothing", 200));
}
