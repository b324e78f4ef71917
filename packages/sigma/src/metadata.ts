import { oneOf, type Path, type Report } from "./fault.ts";
import { type Level, type Logsource, levels } from "./rule.ts";
import { idFromTitle, isUuid } from "./rule-version.ts";
import { closest, didYouMean } from "./suggest.ts";
import { isMap } from "./written-item.ts";

/** The fields that say what a rule is, as far as they are written; a fault leaves the field out. */
export interface Metadata {
  readonly id: string;
  readonly title: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly author: string | undefined;
  readonly level: Level | undefined;
  readonly status: string | undefined;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly custom: Readonly<Record<string, unknown>>;
}

type Body = Readonly<Record<string, unknown>>;
/** What is wrong with a value that is there, or undefined. */
type Check = (value: unknown) => string | undefined;

const tag = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;
const statuses = ["stable", "test", "experimental", "deprecated", "unsupported"];
const relations = ["derived", "obsolete", "merged", "renamed", "similar"];

/** Every field that the standard names, with what it asks of the value; all others are custom. */
const checks: Readonly<Record<string, Check>> = {
  title: text(256),
  id: (value) =>
    typeof value === "string" && isUuid(value)
      ? undefined
      : "the id must be a UUID; make one with uuidgen, or leave it out",
  name: text(256),
  related: checkRelated,
  taxonomy: text(256),
  status: among(statuses),
  description: text(65_535),
  license: text(256),
  author: text(4096),
  references: listOf((value) => (typeof value === "string" ? undefined : "must be a text")),
  date: checkDate,
  modified: checkDate,
  fields: listOf(text(1024)),
  falsepositives: listOf(text(65_535)),
  level: among(levels),
  tags: listOf(matching(tag, "a tag is namespace.value in lower case, such as attack.t1110")),
  scope: listOf(text(1024)),
  logsource: () => undefined,
  detection: () => undefined,
  correlation: () => undefined,
  filter: () => undefined,
};

/** Warns of what is written well but hardly meant so, or says that the rule is better not used. */
export function lintMetadata(body: Body, warn: Report): void {
  const { taxonomy, status, logsource } = body;
  if (typeof taxonomy === "string" && taxonomy !== "sigma") {
    warn(
      ["taxonomy"],
      `the taxonomy ${taxonomy} is not known: fields are looked up by exactly the names written here`,
    );
  }
  if (status === "deprecated") warn(["status"], "the rule is deprecated; use the one that replaces it");
  if (status === "unsupported")
    warn(["status"], "the rule is marked unsupported: its authors do not expect it to work");
  warnOfSlips(body, { path: [], known: [...Object.keys(checks), "placeholders"], warn });
  if (isMap(logsource))
    warnOfSlips(logsource, { path: ["logsource"], known: [...logsourceKeys, "definition"], warn });
}

/** A key that the standard does not name may be anyone's own, unless it is all but one that it names. */
function warnOfSlips(
  map: Body,
  { path, known, warn }: { path: Path; known: readonly string[]; warn: Report },
): void {
  for (const key of Object.keys(map)) {
    if (known.includes(key)) continue;
    const meant = closest(key, known);
    if (meant !== undefined && !Object.hasOwn(map, meant))
      warn([...path, key], `"${key}" is read as a field of your own; did you mean "${meant}"?`);
  }
}

/** ` (did you mean "detection"?)` for a document without any section, if a key of it is close to one. */
export function sectionMeant(body: Body): string {
  const sections = ["detection", "correlation", "filter", "placeholders"];
  const meant = Object.keys(body)
    .map((key) => closest(key, sections))
    .find((found) => found !== undefined);
  return meant === undefined ? "" : ` (did you mean "${meant}"?)`;
}

/** Reads what detection and correlation rules have in common and reports every fault of it. */
export function readMetadata(body: Body, report: Report): Metadata {
  if (body.title === undefined) report([], "the title is missing; add one");
  const sound = (key: string): unknown => {
    const value = body[key];
    if (value === undefined) return undefined;
    const fault = checks[key]!(value);
    if (fault !== undefined) report([key], fault);
    return fault === undefined ? value : undefined;
  };
  const values = Object.fromEntries(Object.keys(checks).map((key) => [key, sound(key)]));
  const title = (values.title as string | undefined) ?? "";
  return {
    id: (values.id as string | undefined)?.toLowerCase() ?? idFromTitle(title),
    title,
    name: values.name as string | undefined,
    description: values.description as string | undefined,
    author: values.author as string | undefined,
    level: values.level as Level | undefined,
    status: values.status as string | undefined,
    tags: (values.tags as string[] | undefined) ?? [],
    references: (values.references as string[] | undefined) ?? [],
    custom: Object.fromEntries(Object.entries(body).filter(([key]) => !Object.hasOwn(checks, key))),
  };
}

const logsourceKeys = ["product", "category", "service"] as const;

/** Reads a logsource, which must name a product, a category or a service; keys beyond those do not route. */
export function readLogsource(body: Body, report: Report): Logsource {
  const path: Path = ["logsource"];
  const written = body.logsource;
  if (!isMap(written)) {
    report(
      written === undefined ? [] : path,
      "the logsource must be a map with product, category or service",
    );
    return {};
  }
  const logsource: Record<string, string> = {};
  for (const key of logsourceKeys) {
    const value: unknown = written[key];
    if (value === undefined || value === null) continue;
    if (typeof value === "string" && value.trim() !== "") logsource[key] = value;
    else report([...path, key], "must be a text that is not empty");
  }
  if (logsourceKeys.every((key) => written[key] == null)) {
    report(path, "the logsource must name a product, a category or a service; add one");
  }
  return logsource;
}

function text(longest: number): Check {
  return (value) => {
    if (typeof value !== "string" || value.trim() === "") return "must be a text that is not empty";
    return value.length > longest ? `has ${value.length} characters; shorten it to ${longest}` : undefined;
  };
}

function matching(pattern: RegExp, advice: string): Check {
  return (value) => (typeof value === "string" && pattern.test(value) ? undefined : advice);
}

function among(words: readonly string[]): Check {
  return (value) =>
    words.some((word) => word === value) ? undefined : `must be ${oneOf(words)}${didYouMean(value, words)}`;
}

function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return "must be a list";
    const at = value.findIndex((member) => check(member) !== undefined);
    return at < 0 ? undefined : `entry ${at + 1}: ${check(value[at])}`;
  };
}

function checkRelated(value: unknown): string | undefined {
  return listOf((entry) => {
    const { id, type } = Object(entry) as Body;
    if (typeof id !== "string" || !isUuid(id)) return "must have the id of a rule, a UUID";
    return among(relations)(type) === undefined ? undefined : `the type must be ${oneOf(relations)}`;
  })(value);
}

const daysIn = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function checkDate(value: unknown): string | undefined {
  const advice = "must be a date such as 2026-01-31";
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return advice;
  const [year = 0, month = 0, day = 0] = value.split("-").map(Number);
  const short = month === 2 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0));
  return day >= 1 && day <= (short ? 28 : (daysIn[month - 1] ?? 0)) ? undefined : advice;
}
