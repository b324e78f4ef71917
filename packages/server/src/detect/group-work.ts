import type { AuditEvent, MatchedField } from "@auditflow/contracts";
import type { CorrelationRule } from "@auditflow/sigma";
import type { GroupStep, Range } from "../windows/windows.ts";
import { type CorrelationSettings, correlationSettings } from "./correlation-settings.ts";
import { groupKey } from "./episode-alert.ts";
import { keepOf } from "./group-state.ts";

/** An event that matched a rule which a correlation rule counts. */
export interface Hit {
  readonly rule: CorrelationRule;
  /** One value per name of `rule.groupBy`; undefined where the event has no such field. */
  readonly groupValues: readonly (string | undefined)[];
  readonly event: AuditEvent;
  /** Event time, epoch milliseconds. */
  readonly at: number;
  /** When intake took it, epoch milliseconds. */
  readonly receivedAt: number;
  /** Why the counted rule matched. */
  readonly matched: readonly MatchedField[];
}

/**
 * Why a hit was not counted: it came (or was delivered again) later than the rule's lateness, a group-by field is
 * missing, or its rule cannot be correlated (see `correlationSettings`; such a rule is refused when it is loaded).
 */
export type SkipReason = "late" | "no_group" | "undecidable";

/** What is done about one group in one go: its hits of one step, or a look at it without any. */
export interface Work {
  readonly key: string;
  /** undefined without hits: then the group's state tells them. */
  readonly settings: CorrelationSettings | undefined;
  readonly hits: readonly Hit[];
  /** `flush`: everything closes and nothing is kept. */
  readonly mode: "take" | "sweep" | "flush";
}

/** A look at a group that may be due. */
export function lookAfter(key: string, mode: "sweep" | "flush"): Work {
  return { key, settings: undefined, hits: [], mode };
}

/** An event further ahead of its arrival than this does not move its group's time. */
const futureMs = 10 * 60_000;

/** The most entries that a step may return for its members by rank, so that the store is not held for long. */
const ranksPerStep = 10_000;

/**
 * Sorts hits into works, one list per group, in order of time. A work holds at most 100 hits, and never so long a
 * stretch of time that its last hit could push its first out of the group's memory: if this process dies between a
 * step and its commit, the redelivered hits are decided as if for the first time.
 */
export function worksOf(hits: readonly Hit[], skip: (reason: SkipReason, hit: Hit) => void): Work[][] {
  const groups = new Map<string, { settings: CorrelationSettings; hits: Map<string, Hit> }>();
  for (const hit of hits) {
    const settings = correlationSettings(hit.rule);
    if (typeof settings === "string") {
      skip("undecidable", hit);
      continue;
    }
    if (!hit.groupValues.every((value) => value !== undefined)) {
      skip("no_group", hit);
      continue;
    }
    const key = groupKey(hit.rule, hit.groupValues);
    const group = groups.get(key) ?? { settings, hits: new Map<string, Hit>() };
    groups.set(key, group);
    if (!group.hits.has(hit.event.event_id)) group.hits.set(hit.event.event_id, hit);
  }
  return [...groups].map(([key, group]) =>
    chunks([...group.hits.values()], group.settings).map((chunk) => ({
      key,
      settings: group.settings,
      hits: chunk,
      mode: "take" as const,
    })),
  );
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
    members: hits.map(({ event, at, receivedAt }) => ({
      id: event.event_id,
      at,
      advances: at <= receivedAt + futureMs,
    })),
    reach: settings.threshold,
    span: settings.span,
    lateness: settings.lateness,
    keep,
    expiresAt: expiresAt(keep),
    ranges: [],
  };
}

/** A step that adds nothing and counts ranges. */
export function lookStep(key: string, ranges: readonly Range[]): GroupStep {
  return { key, members: [], reach: 1, span: 1, lateness: 0, keep: 0, expiresAt: 0, ranges };
}
