import Type from "typebox";

/** `pass`: works; `warn`: works in part; `fail`: does not work. */
export const HealthStatus = Type.Enum(["pass", "warn", "fail"]);
export type HealthStatus = "pass" | "warn" | "fail";

/** What a resource says of the server or file behind it. */
export const DependencyHealth = Type.Object({
  name: Type.String({ description: "The product, such as rabbitmq, redis, postgres or sqlite" }),
  status: HealthStatus,
  since: Type.String({ description: "When this status began, RFC 3339" }),
  last_error: Type.Optional(
    Type.String({ description: "Why it does not work, in the words of whoever tried" }),
  ),
  next_try_at: Type.Optional(
    Type.String({
      description:
        "When it is tried again, RFC 3339, while it does not work; in the past: a try is under way",
    }),
  ),
  latency_ms: Type.Optional(
    Type.Number({
      minimum: 0,
      description: "How long it took to answer when it was last asked, while it works",
    }),
  ),
});
export type DependencyHealth = Type.Static<typeof DependencyHealth>;

const Checks = Type.Record(
  Type.String(),
  Type.Intersect([
    DependencyHealth,
    Type.Object({
      impaired_features: Type.Array(Type.String(), {
        description:
          "In words, what does not work because of it, and what becomes of it; empty while it works",
      }),
    }),
  ]),
  { description: "Per dependency, keyed by need and product, such as `transport:rabbitmq`" },
);

/** One service as the front door sees it. */
export const ServiceHealth = Type.Object({
  service: Type.String(),
  status: HealthStatus,
  version: Type.Optional(Type.String({ description: "What it said of itself when it was last asked" })),
  since: Type.Optional(Type.String({ description: "When this status began, RFC 3339" })),
  last_error: Type.Optional(Type.String({ description: "Why it could not be asked" })),
  next_try_at: Type.Optional(
    Type.String({
      description: "When it is asked again, RFC 3339, while it cannot be; in the past: just now",
    }),
  ),
  latency_ms: Type.Optional(
    Type.Number({ minimum: 0, description: "How long its last answer took; absent inside the same process" }),
  ),
  impaired_features: Type.Optional(
    Type.Array(Type.String(), { description: "In words, what does not work while it cannot be asked" }),
  ),
  checks: Checks,
});
export type ServiceHealth = Type.Static<typeof ServiceHealth>;

/** Body of `GET /healthz`, application/health+json. */
export const Health = Type.Object(
  {
    status: HealthStatus,
    service: Type.String(),
    version: Type.String(),
    since: Type.Optional(Type.String({ description: "When this status began, RFC 3339" })),
    time: Type.Optional(
      Type.String({ description: "When this was put together, RFC 3339: at most a second ago" }),
    ),
    checks: Checks,
    services: Type.Optional(
      Type.Array(ServiceHealth, {
        description: "At the front door: every service behind it, itself included",
      }),
    ),
  },
  { $id: "Health" },
);
export type Health = Type.Static<typeof Health>;
