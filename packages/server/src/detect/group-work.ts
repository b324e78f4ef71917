import type { AuditEvent, MatchedField } from "@auditflow/contracts";
import type { CorrelationRule } from "@auditflow/sigma";
import type { GroupStep, Range } from "../windows/windows.ts";
import { type CorrelationSettings, correlationSettings } from "./correlation-settings.ts";
import { groupKey } from "./episode-alert.ts";
import { keepOf } from "./group-state.ts";
import { memberId } from "./member-id.ts";

/** An event that matched a rule which a correlation rule counts, or at which such a rule fired. */
export interface Hit {
  readonly rule: CorrelationRule;
  /** One value per name of `rule.groupBy`; undefined where the event has no such field. */
  readonly groupValues: readonly (string | undefined)[];
  /** Which event it is; that of a firing may be another than `event`. */
  readonly eventId: string;
  /** What the rule tells members of one event apart by, see `markOf`; undefined: the event lacks what is counted. */
  readonly mark: string | undefined;
  /** The event at hand. */
  readonly event: AuditEvent;
  /** Event time, epoch milliseconds. */
  readonly at: number;
  /** When intake took it, epoch milliseconds. */
  readonly receivedAt: number;
  /** Why the counted rule matched. */
  readonly matched: readonly MatchedField[];
  /** False for a firing that is only told again beside a new one: that it is known does not mean it was redelivered. */
  readonly repeated?: boolean;
}

/**
 * Why a hit was not counted: it came (or was delivered again) later than the rule's lateness, a group-by field is
 * missing, or a field whose values are counted, or its rule cannot be correlated (see `correlationSettings`; such a rule
 * is refused when it is loaded).
 */
export type SkipReason = "late" | "no_group" | "no_value" | "undecidable";

/** The hits of one group. */
export interface HitGroup {
  readonly rule: CorrelationRule;
  readonly values: readonly string[];
  readonly settings: CorrelationSettings;
  /** By the id of the member that each will be. */
  readonly hits: Map<string, Hit>;
}

/** Groups by their keys. */
export type HitGroups = Map<string, HitGroup>;

/** What is done about one group in one go: its hits of one step, or a look at it without any. */
export interface Work {
  readonly key: string;
  /** undefined without hits: then the group's state tells them. */
  readonly settings: CorrelationSettings | undefined;
  readonly group: Pick<HitGroup, "rule" | "values"> | undefined;
  /** Its firings are for the rules that count it, and no alerts. */
  readonly silent: boolean;
  readonly hits: readonly Hit[];
  /** `flush`: everything closes and nothing is kept. */
  readonly mode: "take" | "sweep" | "flush";
}

/** A look at a group that may be due. */
export function lookAfter(key: string, mode: "sweep" | "flush"): Work {
  return { key, settings: undefined, group: undefined, silent: false, hits: [], mode };
}

/** An event further ahead of its arrival than this does not move its group's time. */
const futureMs = 10 * 60_000;

/** The most entries that a step may return for its members by rank, so that the store is not held for long. */
const ranksPerStep = 10_000;

/** What `groupsOf` may be told. */
export interface Gathering {
  readonly skip: (reason: SkipReason, hit: Hit) => void;
  /** Groups to add the hits to. */
  readonly into?: HitGroups;
}

/** Sorts hits into their groups, each member once; those that cannot be counted are told to `skip`. */
export function groupsOf(hits: readonly Hit[], { skip, into = new Map() }: Gathering): HitGroups {
  for (const hit of hits) {
    const settings = correlationSettings(hit.rule);
    const { rule, groupValues: values, mark } = hit;
    if (typeof settings === "string") skip("undecidable", hit);
    else if (!values.every((value) => value !== undefined)) skip("no_group", hit);
    else if (mark === undefined) skip("no_value", hit);
    else {
      const key = groupKey(rule, values);
      const group = into.get(key) ?? { rule, values, settings, hits: new Map<string, Hit>() };
      into.set(key, group);
      const id = memberId(hit.eventId, mark);
      if (!group.hits.has(id)) group.hits.set(id, hit);
    }
  }
  return into;
}

/**
 * Sorts the hits of groups into works, one list per group, in order of time. A work holds at most 100 hits, and never so
 * long a stretch of time that its last hit could push its first out of the group's memory: if this process dies between a
 * step and its commit, the redelivered hits are decided as if for the first time.
 */
export function worksOf(groups: HitGroups, isSilent: (rule: CorrelationRule) => boolean): Work[][] {
  return [...groups].map(([key, group]) => {
    const { rule, settings } = group;
    const silent = isSilent(rule);
    return chunks([...group.hits.values()], settings).map((hits) => ({
      ...{ key, settings, group, silent, hits },
      mode: "take" as const,
    }));
  });
}

function chunks(hits: Hit[], { threshold, lateness, gap }: CorrelationSettings): Hit[][] {
  const most = Math.min(100, Math.max(10, Math.floor(ranksPerStep / threshold)));
  const found: Hit[][] = [];
  for (const hit of hits.sort((a, b) => a.at - b.at)) {
    const chunk = found.at(-1);
    if (chunk === undefined || chunk.length === most || hit.at - chunk[0]!.at > lateness + gap)
      found.push([hit]);
    else chunk.push(hit);
  }
  return found;
}

/** The step that adds a work's hits; `expiresAt` is when the group is abandoned, by the wall clock. */
export function stepFor({ key, settings, hits }: Work, expiresAt: (keep: number) => number): GroupStep {
  if (settings === undefined) return lookStep(key, []);
  const keep = keepOf(settings);
  return {
    key,
    members: hits.map(({ eventId, mark, at, receivedAt }) => ({
      id: memberId(eventId, mark ?? ""),
      at,
      advances: at <= receivedAt + futureMs,
    })),
    reach: settings.threshold,
    whole: settings.marked !== undefined,
    span: settings.span,
    lateness: settings.lateness,
    keep,
    expiresAt: expiresAt(keep),
    ranges: [],
  };
}

/** A step that adds nothing and counts ranges. */
export function lookStep(key: string, ranges: readonly Range[]): GroupStep {
  return { key, members: [], reach: 1, whole: false, span: 1, lateness: 0, keep: 0, expiresAt: 0, ranges };
}
