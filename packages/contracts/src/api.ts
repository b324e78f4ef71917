import Type from "typebox";
import { Alert } from "./alert.ts";
import { alertSeverities } from "./alert-severity.ts";
import { uuidPattern } from "./formats.ts";
import { QuarantinedRecord, RuleSetState, services } from "./topics.ts";
import { Triage } from "./triage.ts";

/** RFC 9457 problem details; `type` is the path `/api/problems/<code>`, a page about the code on the server asked. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    fix: Type.String(),
    instance: Type.Optional(Type.String()),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { $id: "Problem" },
);
export type Problem = Type.Static<typeof Problem>;

/** What became of one event of a request. */
export const IntakeItem = Type.Object({
  index: Type.Integer({ minimum: 0, description: "Position in the request, from 0" }),
  status: Type.Enum(["accepted", "rejected"]),
  event_id: Type.Optional(Type.String()),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
});
export type IntakeItem = Type.Static<typeof IntakeItem>;

/** Answer to `POST /api/v1/events`: 202 when the transport owns every accepted event. */
export const IntakeResult = Type.Object(
  {
    accepted: Type.Integer({ minimum: 0 }),
    rejected: Type.Integer({ minimum: 0 }),
    items: Type.Array(IntakeItem),
  },
  { $id: "IntakeResult" },
);
export type IntakeResult = Type.Static<typeof IntakeResult>;

/** What a list shows of an alert; the heavy parts are in the detail only. */
export const AlertSummary = Type.Object(
  {
    ...Type.Pick(Alert, [
      "alert_id",
      "timestamp",
      "alert_name",
      "alert_type",
      "severity",
      "description",
      "triggered_by",
      "impacted_resource",
      "count",
      "first_event_at",
      "last_event_at",
      "revision",
      "merged_into",
    ]).properties,
    rule_id: Type.String(),
    rule_name: Type.String(),
    synthetic: Type.Optional(Type.Boolean({ description: "Rests on an event that the generator made" })),
    ...Triage.properties,
  },
  { $id: "AlertSummary" },
);
export type AlertSummary = Type.Static<typeof AlertSummary>;

/** An alert whole, with what people decided about it. */
export const AlertDetail = Type.Object(
  {
    ...Alert.properties,
    ...Triage.properties,
    trace_id: Type.Optional(
      Type.String({
        pattern: "^[0-9a-f]{32}$",
        description: "The trace of the event that fired it, when it came with one",
      }),
    ),
  },
  { $id: "AlertDetail", additionalProperties: true },
);
export type AlertDetail = Type.Static<typeof AlertDetail>;

const EventTime = Type.Optional(
  Type.String({
    format: "date-time",
    description: "Bound of the event time, RFC 3339; `from` included, `to` not",
  }),
);

/** Which alerts are meant, the same for every address that reads alerts. */
export const AlertSelectionQuery = Type.Object({
  filter: Type.Optional(
    Type.String({
      maxLength: 2000,
      description:
        "Filter language, such as `severity:>=high -status:closed host:web-*`; see docs/reference/filters.md",
    }),
  ),
  severity: Type.Optional(
    Type.Array(Type.Enum([...alertSeverities]), {
      maxItems: alertSeverities.length,
      description: "Short for a term of the filter: only these; several times, or separated by commas",
    }),
  ),
  rule_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: "Short for a term of the filter: this rule's id",
    }),
  ),
});
export type AlertSelectionQuery = Type.Static<typeof AlertSelectionQuery>;

/** An alert selection within a span of event time. */
const AlertRangeQuery = Type.Object({ ...AlertSelectionQuery.properties, from: EventTime, to: EventTime });

/** Query of `GET /api/v1/alerts`: newest first, pages by an opaque cursor (`Link: rel="next"`, RFC 8288). */
export const AlertListQuery = Type.Object({
  ...AlertRangeQuery.properties,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  merged: Type.Optional(
    Type.Boolean({ default: false, description: "true also lists alerts that became part of another" }),
  ),
  total: Type.Optional(
    Type.Boolean({
      default: false,
      description: "true also counts all alerts that match, which takes longer",
    }),
  ),
});
export type AlertListQuery = Type.Static<typeof AlertListQuery>;

/** A place in the stream of changes: opaque, the `id` of its events. */
const StreamPosition = Type.String({
  description: "Where the live stream goes on without gap: give it as `after` or `Last-Event-ID`",
});

/** One page of alerts, newest first. */
export const AlertList = Type.Object(
  {
    alerts: Type.Array(AlertSummary),
    next: Type.Union([Type.String(), Type.Null()], {
      description: "Cursor of the next page, null on the last",
    }),
    position: StreamPosition,
    as_of: Type.String({
      description: "When the page was read, RFC 3339: a bulk action with it touches nothing that came later",
    }),
    total: Type.Optional(
      Type.Integer({ minimum: 0, description: "How many match on all pages; on request" }),
    ),
  },
  { $id: "AlertList" },
);
export type AlertList = Type.Static<typeof AlertList>;

/** Query of `GET /api/v1/alerts/stream`; the header `Last-Event-ID` wins over `after`. */
export const AlertStreamQuery = Type.Object({
  after: Type.Optional(Type.String({ maxLength: 512, description: "A position; left out: from now on" })),
  ...AlertSelectionQuery.properties,
});
export type AlertStreamQuery = Type.Static<typeof AlertStreamQuery>;

/**
 * What `GET /api/v1/alerts/stream` answers to who does not ask for text/event-stream: the alerts that changed since,
 * in the order of change, merged ones too, at most 1,000 with those that are gone; ask again from `position`.
 */
export const AlertChanges = Type.Object(
  {
    alerts: Type.Array(AlertSummary),
    gone: Type.Array(Type.String(), {
      description: "Ids of alerts that changed and do not fit the filter now, though they may have before",
    }),
    position: StreamPosition,
  },
  { $id: "AlertChanges" },
);
export type AlertChanges = Type.Static<typeof AlertChanges>;

/** Query of `GET /api/v1/alerts/histogram`. */
export const AlertHistogramQuery = Type.Object({
  from: Type.String({ format: "date-time" }),
  to: Type.String({ format: "date-time" }),
  bucket_seconds: Type.Integer({ minimum: 1, maximum: 86_400, description: "At most 1,000 buckets in all" }),
  ...AlertSelectionQuery.properties,
});
export type AlertHistogramQuery = Type.Static<typeof AlertHistogramQuery>;

/** How many alerts began per bucket of event time, by severity; buckets without alerts are absent. */
export const AlertHistogram = Type.Object(
  {
    from: Type.String(),
    to: Type.String(),
    bucket_seconds: Type.Integer(),
    buckets: Type.Array(
      Type.Object({
        at: Type.String({ description: "Start of the bucket" }),
        counts: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
          description: "Alerts per severity",
        }),
      }),
    ),
  },
  { $id: "AlertHistogram" },
);
export type AlertHistogram = Type.Static<typeof AlertHistogram>;

/** The fields whose values are counted, named as in the filter language. */
export const facetFields = ["severity", "status", "rule", "user", "host"] as const;
export type FacetField = (typeof facetFields)[number];

/** Query of `GET /api/v1/alerts/facets`. */
export const AlertFacetsQuery = Type.Object({
  ...AlertRangeQuery.properties,
  values: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, default: 20, description: "Most values of each field" }),
  ),
});
export type AlertFacetsQuery = Type.Static<typeof AlertFacetsQuery>;

/** The most frequent values of each field among the alerts that match. */
export const AlertFacets = Type.Object(
  {
    facets: Type.Record(
      Type.String(),
      Type.Array(
        Type.Object({
          value: Type.String({ description: "As the filter language takes it" }),
          label: Type.Optional(
            Type.String({ description: "How a person knows it, where that is not the value" }),
          ),
          count: Type.Integer({ minimum: 1 }),
        }),
      ),
      { description: "Keyed by field: severity, status, rule, user, host" },
    ),
    counted: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: "null: every alert that matches was counted; else only so many of the newest",
    }),
  },
  { $id: "AlertFacets" },
);
export type AlertFacets = Type.Static<typeof AlertFacets>;

/** Body of `POST /api/v1/alerts/lookup`. */
export const AlertLookup = Type.Object(
  {
    alert_ids: Type.Array(Type.String({ pattern: uuidPattern }), { minItems: 1, maxItems: 1000 }),
    detail: Type.Optional(
      Type.Boolean({ default: false, description: "true: whole alerts, at most 100 ids" }),
    ),
  },
  { additionalProperties: false },
);
export type AlertLookup = Type.Static<typeof AlertLookup>;

/** The alerts that were asked for, in the order of the ids, each once, and the ids that nothing is stored under. */
export const AlertLookupResult = Type.Object(
  {
    alerts: Type.Array(Type.Union([AlertSummary, AlertDetail])),
    missing: Type.Array(Type.String()),
  },
  { $id: "AlertLookupResult" },
);
export type AlertLookupResult = Type.Static<typeof AlertLookupResult>;

/** Query of `GET /api/v1/alerts/export`: everything that matches, newest first, streamed. */
export const AlertExportQuery = Type.Object({
  ...AlertRangeQuery.properties,
  format: Type.Optional(Type.Enum(["ndjson", "csv"], { default: "ndjson" })),
});
export type AlertExportQuery = Type.Static<typeof AlertExportQuery>;

/** Query of `GET /api/v1/services/throughput`. */
export const ThroughputQuery = Type.Object({
  from: Type.String({ format: "date-time" }),
  to: Type.String({ format: "date-time" }),
  bucket_seconds: Type.Integer({ minimum: 2, maximum: 86_400, description: "At most 1,000 buckets in all" }),
});
export type ThroughputQuery = Type.Static<typeof ThroughputQuery>;

/** What all processes together did per bucket of time; buckets without a report are absent. */
export const Throughput = Type.Object(
  {
    from: Type.String(),
    to: Type.String(),
    bucket_seconds: Type.Integer(),
    buckets: Type.Array(
      Type.Object({
        at: Type.String({ description: "Start of the bucket" }),
        generated: Type.Integer({ minimum: 0 }),
        accepted: Type.Integer({ minimum: 0 }),
        evaluated: Type.Integer({ minimum: 0 }),
      }),
    ),
  },
  { $id: "Throughput" },
);
export type Throughput = Type.Static<typeof Throughput>;

/** The processes that reported themselves within the last 25 s, by their names. */
export const ServiceProcesses = Type.Object(
  {
    processes: Type.Array(
      Type.Object({
        instance: Type.String({ description: "`service.instance.id` of its log lines" }),
        services: Type.Array(Type.Enum([...services]), { description: "What runs in it" }),
        version: Type.String({ description: "Of the program" }),
        reported_at: Type.String({ description: "When it last reported itself, RFC 3339" }),
        rule_set: Type.Optional(RuleSetState),
      }),
    ),
  },
  { $id: "ServiceProcesses" },
);
export type ServiceProcesses = Type.Static<typeof ServiceProcesses>;

/** The address of one alert. */
export const AlertParams = Type.Object({ alert_id: Type.String({ pattern: uuidPattern }) });

/** One page of refused records, newest first. */
export const QuarantineList = Type.Object(
  {
    records: Type.Array(QuarantinedRecord),
    next: Type.Union([Type.String(), Type.Null()]),
  },
  { $id: "QuarantineList" },
);
export type QuarantineList = Type.Static<typeof QuarantineList>;

/** What each route asks of its caller, weakest first; a stronger access includes the weaker ones. */
export const accesses = ["public", "viewer", "sender", "operator", "admin"] as const;
export type Access = (typeof accesses)[number];

/** Limits of intake, the same over HTTP and over queues. */
export const limits = {
  eventBytes: 256 * 1024,
  jsonDepth: 64,
  batchEvents: 10_000,
  batchBytes: 4 * 1024 * 1024,
} as const;
