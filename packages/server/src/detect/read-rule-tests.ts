import {
  type Alert,
  type AlertSeverity,
  AuditEvent,
  alertSeverities,
  type Logsource,
} from "@auditflow/contracts";
import { parseDocuments, type RuleDocument, type RuleProblem } from "@auditflow/sigma";
import { Ajv } from "ajv";
import { formatTimestamp } from "../telemetry/clock.ts";
import { listRuleTestFiles, readRuleFiles } from "./rule-files.ts";

/** An alert as a test expects it: only what is written is compared. Times are RFC 3339 with milliseconds. */
export interface ExpectedAlert {
  /** Name, id or title of the rule. */
  readonly rule?: string;
  readonly severity?: AlertSeverity;
  readonly count?: number;
  readonly first?: string;
  readonly last?: string;
  readonly user?: string;
  readonly address?: string;
  readonly host?: string;
}

/** One event of a case, and which detection rules it must match: any at all, none, exactly those named, or never mind. */
export interface RuleTestEvent {
  readonly event: AuditEvent;
  readonly line: number;
  readonly matches: boolean | readonly string[] | undefined;
}

/** One case of a `.test.yml` file: events, and what the rules beside it must make of them. */
export interface RuleTest {
  /** The claim that the case proves. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly events: readonly RuleTestEvent[];
  /** How many alerts stand when everything has settled, or each of them in order of time; undefined: never mind. */
  readonly alerts: number | readonly ExpectedAlert[] | undefined;
  /** The `count` of each alert, in order of time. */
  readonly counts: readonly number[] | undefined;
}

/** A record as another product wrote it: an object of JSON, or a line of a log. */
export interface ForeignRecord {
  readonly content: Readonly<Record<string, unknown>> | string;
  readonly logsource: Logsource | undefined;
  /** What tells it apart from every other record of the tests. */
  readonly position: string;
  /** When it is received, and its time if it tells none; epoch milliseconds. */
  readonly at: number;
}

/** Makes an event of a foreign record as intake does, or says in words why it is none. */
export type ReadForeign = (record: ForeignRecord) => Promise<AuditEvent | string>;

/** The cases that could be read, and all that is wrong with the others. */
export interface RuleTests {
  readonly tests: readonly RuleTest[];
  readonly files: readonly string[];
  readonly problems: readonly RuleProblem[];
}

/** The day on which events happen that name only a time of day. */
export const testDay = "2026-01-01";

/**
 * Reads the cases of every `<name>.test.yml` below the folders, or named. Never throws for what they say: a file with a
 * fault gives all of its faults and no case. Without `readForeign` a `record` or a `line` is a fault.
 */
export async function readRuleTests(paths: readonly string[], readForeign?: ReadForeign): Promise<RuleTests> {
  const { texts, problems } = await readRuleFiles(await listRuleTestFiles(paths));
  const read = await Promise.all([...texts].map(([file, text]) => readTestFile(file, text, readForeign)));
  return {
    tests: read.flatMap(({ tests }) => tests),
    files: [...texts.keys()],
    problems: [...problems, ...read.flatMap((one) => one.problems)],
  };
}

/** Where a fault is told, and what the parts of a test file are read with. */
interface Reading {
  readonly document: RuleDocument;
  readonly logsource: Logsource | undefined;
  readonly readForeign: ReadForeign | undefined;
}

type Path = readonly (string | number)[];
type Body = Readonly<Record<string, unknown>>;

async function readTestFile(
  file: string,
  text: string,
  readForeign: ReadForeign | undefined,
): Promise<Pick<RuleTests, "tests" | "problems">> {
  const [document, second] = parseDocuments({ file, text });
  if (document === undefined)
    return { tests: [], problems: [problemAt(file, "the file is empty; add tests")] };
  if (second !== undefined)
    second.report([], "a test file is one document; put all cases into one list of tests");
  const tests = document.problems.length > 0 ? [] : await readCases(document, readForeign);
  const problems = [...document.problems, ...(second?.problems ?? [])].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
  return { tests: problems.length > 0 ? [] : tests, problems };
}

function problemAt(file: string, message: string): RuleProblem {
  return { file, line: 1, column: 1, field: "", message };
}

async function readCases(document: RuleDocument, readForeign: ReadForeign | undefined): Promise<RuleTest[]> {
  const { body, report } = document;
  checkKeys(document, [], ["anchors", "logsource", "tests"]);
  const logsource = readLogsource(body.logsource, document, ["logsource"]);
  if (!Array.isArray(body.tests) || body.tests.length === 0) {
    report(["tests"], "tests must be a list of cases, each with name, events, and alerts or matches");
    return [];
  }
  const reading: Reading = { document, logsource, readForeign };
  const cases = body.tests.map((written: unknown, index) => readCase(written, index, reading));
  return (await Promise.all(cases)).flat();
}

const caseKeys = ["name", "events", "alerts", "counts"];

async function readCase(written: unknown, index: number, reading: Reading): Promise<RuleTest[]> {
  const { document } = reading;
  const path = ["tests", index];
  if (!isMap(written)) {
    document.report(path, "a case must be a map with name, events, and alerts or matches");
    return [];
  }
  checkKeys(document, path, caseKeys);
  const { name } = written;
  if (typeof name !== "string" || name.trim() === "")
    document.report([...path, "name"], "a case needs a name: the claim that it proves");
  const events = await readEvents(written.events, path, reading);
  const alerts = readAlerts(written.alerts, [...path, "alerts"], document);
  if (written.alerts === undefined && events.every(({ matches }) => matches === undefined))
    document.report(path, "nothing is expected; add alerts to the case, or matches to an event");
  const counts = readCounts(written.counts, [...path, "counts"], { document, alerts });
  return [{ name: String(name), file: document.file, line: document.lineOf(path), events, alerts, counts }];
}

async function readEvents(written: unknown, casePath: Path, reading: Reading): Promise<RuleTestEvent[]> {
  const path = [...casePath, "events"];
  if (!Array.isArray(written) || written.length === 0) {
    reading.document.report(path, "a case needs a list of events");
    return [];
  }
  const events = written.map((member: unknown, index) =>
    readEvent(member, index, { ...reading, path: [...path, index] }),
  );
  return (await Promise.all(events)).flat();
}

type EventReading = Reading & { readonly path: Path };

async function readEvent(written: unknown, index: number, reading: EventReading): Promise<RuleTestEvent[]> {
  const { document, path } = reading;
  if (!isMap(written)) {
    document.report(path, "an event must be a map");
    return [];
  }
  const { at, matches, ...given } = written;
  const time = at === undefined ? undefined : momentOf(at);
  if (at !== undefined && time === undefined) document.report([...path, "at"], badTime);
  const foreign = ["record", "line"].filter((key) => given[key] !== undefined);
  const event =
    foreign.length === 0
      ? completeEvent(given, { ...reading, index, time })
      : await foreignEvent(given, { ...reading, index, time });
  const wanted = readMatches(matches, [...path, "matches"], document);
  return event === undefined ? [] : [{ event, line: document.lineOf(path), matches: wanted }];
}

type Given = EventReading & { readonly index: number; readonly time: number | undefined };

const validate = new Ajv({ allErrors: true }).compile(AuditEvent);

/** An event in short: what is left out is filled in. */
function completeEvent(given: Body, reading: Given): AuditEvent | undefined {
  const { document, path, index, logsource } = reading;
  const event = {
    event_id: `00000000-0000-4000-8000-${String(index + 1).padStart(12, "0")}`,
    timestamp: formatTimestamp(reading.time ?? midnight),
    source_service: "test",
    server_hostname: "host-1",
    event_type: "test",
    severity: "INFO",
    user_id: "",
    action_result: "",
    ...(logsource === undefined ? {} : { logsource }),
    ...given,
  };
  if (given.timestamp !== undefined && momentOf(given.timestamp) === undefined) {
    document.report([...path, "timestamp"], badTime);
    return undefined;
  }
  if (validate(event)) return event as AuditEvent;
  for (const { instancePath, message } of validate.errors ?? [])
    document.report([...path, ...instancePath.split("/").slice(1)], `${message ?? "is not an event"}`);
  return undefined;
}

const foreignKeys = ["at", "matches", "record", "line", "logsource"];

async function foreignEvent(given: Body, reading: Given): Promise<AuditEvent | undefined> {
  const { document, path, readForeign, time } = reading;
  checkKeys(document, path, foreignKeys);
  const { record, line } = given;
  if (record !== undefined && line !== undefined)
    document.report(path, "an event is a record or a line, not both; make two of it");
  else if (record !== undefined && !isMap(record))
    document.report([...path, "record"], "a record must be a map: the object as the product writes it");
  else if (line !== undefined && typeof line !== "string")
    document.report([...path, "line"], "a line must be a text; put it in quotes");
  else if (readForeign === undefined) document.report(path, "records and lines can not be read here");
  else {
    const content = (record ?? line) as ForeignRecord["content"];
    const own = readLogsource(given.logsource, document, [...path, "logsource"]);
    const logsource = own ?? reading.logsource;
    const event = await readForeign({ content, logsource, position: path.join("."), at: time ?? midnight });
    if (typeof event !== "string") {
      const timestamp = time === undefined ? event.timestamp : formatTimestamp(time);
      // Received as it happened, whenever the test was written: a later event is none from the future.
      return { ...event, timestamp, received_at: timestamp };
    }
    document.report([...path, record === undefined ? "line" : "record"], event);
  }
  return undefined;
}

function readLogsource(written: unknown, document: RuleDocument, path: Path): Logsource | undefined {
  if (written === undefined) return undefined;
  const entries = isMap(written) ? Object.entries(written) : [];
  const isSound = entries.every(
    ([key, value]) =>
      ["product", "category", "service"].includes(key) && typeof value === "string" && value !== "",
  );
  if (isSound && entries.length > 0) return written as Logsource;
  document.report(path, "a logsource is a map with product, category or service");
  return undefined;
}

function readMatches(written: unknown, path: Path, document: RuleDocument): RuleTestEvent["matches"] {
  if (written === undefined || typeof written === "boolean") return written;
  if (Array.isArray(written) && written.every((name) => typeof name === "string")) return written as string[];
  document.report(path, "matches is true, false, or a list of names, ids or titles of rules");
  return undefined;
}

function readAlerts(written: unknown, path: Path, document: RuleDocument): RuleTest["alerts"] {
  if (written === undefined || isCount(written, 0)) return written;
  if (Array.isArray(written))
    return written.map((member: unknown, index) => readExpected(member, [...path, index], document));
  document.report(path, "alerts is how many there must be, or a list with one map for each");
  return undefined;
}

const severityWords: Readonly<Record<string, AlertSeverity>> = {
  ...Object.fromEntries(alertSeverities.map((severity) => [severity, severity])),
  INFORMATIONAL: "INFO",
};

/** What may be expected of an alert: how it is read, undefined when it is wrong, and what is right. */
const expectations: Readonly<Record<keyof ExpectedAlert, readonly [(value: unknown) => unknown, string]>> = {
  rule: [textOf, "a rule is named by its name, id or title"],
  severity: [
    (value) => severityWords[String(value).toUpperCase()],
    `a severity is one of ${alertSeverities.join(", ").toLowerCase()}`,
  ],
  count: [(value) => (isCount(value, 1) ? value : undefined), "a count is a whole number from 1"],
  first: [timestampOf, "a time is written as 09:00:00 or 2026-01-01T09:00:00Z"],
  last: [timestampOf, "a time is written as 09:00:00 or 2026-01-01T09:00:00Z"],
  user: [textOf, "a user is a text"],
  address: [textOf, "an address is a text"],
  host: [textOf, "a host is a text"],
};

function readExpected(written: unknown, path: Path, document: RuleDocument): ExpectedAlert {
  if (!isMap(written)) {
    document.report(path, `an expected alert is a map of ${Object.keys(expectations).join(", ")}`);
    return {};
  }
  checkKeys(document, path, Object.keys(expectations));
  const read = Object.entries(expectations).flatMap(([key, [reader, advice]]) => {
    if (written[key] === undefined) return [];
    const value = reader(written[key]);
    if (value === undefined) document.report([...path, key], advice);
    return [[key, value]];
  });
  return Object.fromEntries(read) as ExpectedAlert;
}

function readCounts(
  written: unknown,
  path: Path,
  { document, alerts }: { readonly document: RuleDocument; readonly alerts: RuleTest["alerts"] },
): readonly number[] | undefined {
  if (written === undefined) return undefined;
  if (!Array.isArray(written) || !written.every((count) => isCount(count, 1)))
    document.report(path, "counts is a list of whole numbers, one for each alert in order of time");
  else if (typeof alerts !== "number" || alerts !== written.length)
    document.report(
      path,
      "counts needs alerts to say how many there are; a list of alerts has its counts in it",
    );
  return written as number[];
}

/** Tells keys that have no meaning: a misspelt expectation must not pass for one that holds. */
function checkKeys({ body, report }: RuleDocument, path: Path, known: readonly string[]): void {
  let place: unknown = body;
  for (const step of path) place = (place as Body)[step as string];
  for (const key of Object.keys(place as Body)) {
    if (!known.includes(key))
      report([...path, key], `there is no "${key}" here; known are ${known.join(", ")}`);
  }
}

const badTime = "a time is written as 09:00:00, 09:00:00.123 or 2026-01-01T09:00:00Z";
const midnight = Date.parse(`${testDay}T00:00:00Z`);
const timeOfDay = /^\d\d:\d\d:\d\d(?:\.\d{1,3})?$/;
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/** Epoch milliseconds of a time of day or a moment in UTC; undefined for anything else, 30 February among it. */
function momentOf(written: unknown): number | undefined {
  if (typeof written !== "string") return undefined;
  const text = timeOfDay.test(written) ? `${testDay}T${written}Z` : written;
  const at = moment.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) || formatTimestamp(at).slice(0, 19) !== text.slice(0, 19) ? undefined : at;
}

function timestampOf(written: unknown): Alert["timestamp"] | undefined {
  const at = momentOf(written);
  return at === undefined ? undefined : formatTimestamp(at);
}

function textOf(written: unknown): string | undefined {
  return typeof written === "string" && written !== "" ? written : undefined;
}

function isCount(written: unknown, least: number): written is number {
  return typeof written === "number" && Number.isInteger(written) && written >= least;
}

function isMap(written: unknown): written is Body {
  return typeof written === "object" && written !== null && !Array.isArray(written);
}
