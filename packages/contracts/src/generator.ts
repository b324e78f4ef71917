import Type from "typebox";

/** How the rate runs over time. */
export const rateShapes = ["constant", "ramp", "burst"] as const;
export type RateShape = (typeof rateShapes)[number];

const EventsPerSecond = Type.Number({
  minimum: 0,
  maximum: 50_000,
  description: "Events per second, fractions too; 0 is silence",
});

/** Body of `PUT /api/v1/generator/rate`; what is left out stays as it is. */
export const GeneratorRate = Type.Object(
  {
    events_per_second: Type.Optional(EventsPerSecond),
    shape: Type.Optional(
      Type.Enum([...rateShapes], {
        description:
          "constant; ramp: from the rate before to this one over `period_seconds`; burst: `burst_factor` times the rate for a tenth of each period",
      }),
    ),
    period_seconds: Type.Optional(Type.Number({ minimum: 1, maximum: 86_400 })),
    burst_factor: Type.Optional(Type.Number({ minimum: 1, maximum: 100 })),
    paused: Type.Optional(Type.Boolean()),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        description: "Starts the random numbers anew from here",
      }),
    ),
  },
  { $id: "GeneratorRate", additionalProperties: false },
);
export type GeneratorRate = Type.Static<typeof GeneratorRate>;

/** What the generator is told to do, and what it does. */
export const GeneratorStatus = Type.Object(
  {
    events_per_second: EventsPerSecond,
    shape: Type.Enum([...rateShapes]),
    period_seconds: Type.Number(),
    burst_factor: Type.Number(),
    paused: Type.Boolean(),
    seed: Type.Integer(),
    actual_events_per_second: Type.Number({
      minimum: 0,
      description: "What was published in the last whole seconds, up to 10, divided by them",
    }),
    generated: Type.Integer({ minimum: 0, description: "Events the transport took over since the start" }),
    skipped: Type.Integer({
      minimum: 0,
      description: "Events that were due and never made: the transport was down, or the backlog at its limit",
    }),
    buffered: Type.Integer({ minimum: 0, description: "Events that wait for the transport" }),
    backlog: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: "Messages that wait in the transport for its slowest reader; null while unknown",
    }),
    limited_by: Type.Union([Type.Enum(["transport", "backlog"]), Type.Null()], {
      description: "What holds the rate down now; null: nothing",
    }),
  },
  { $id: "GeneratorStatus" },
);
export type GeneratorStatus = Type.Static<typeof GeneratorStatus>;

/** Answer to `POST /api/v1/generator/events`: 202 when the transport owns the event. */
export const GeneratedEvent = Type.Object(
  { status: Type.Enum(["success"]), event_id: Type.String() },
  { $id: "GeneratedEvent" },
);
export type GeneratedEvent = Type.Static<typeof GeneratedEvent>;

/** An attack that can be played on demand. */
export const Scenario = Type.Object(
  {
    name: Type.String({ description: "What is called: `POST /api/v1/generator/scenarios/{name}`" }),
    title: Type.String(),
    description: Type.String(),
    events: Type.Integer({ minimum: 1, description: "How many events it makes" }),
    rules: Type.Array(Type.String(), { description: "Names of the rules that must fire, and no others" }),
  },
  { $id: "Scenario" },
);
export type Scenario = Type.Static<typeof Scenario>;

/** Answer to `GET /api/v1/generator/scenarios`. */
export const ScenarioList = Type.Object({ scenarios: Type.Array(Scenario) }, { $id: "ScenarioList" });
export type ScenarioList = Type.Static<typeof ScenarioList>;

/** Address of a scenario. */
export const ScenarioParams = Type.Object({ name: Type.String({ maxLength: 64 }) });

/** Answer to `POST /api/v1/generator/scenarios/{name}`: 202 when the transport owns all its events. */
export const ScenarioRun = Type.Object(
  {
    scenario: Type.String(),
    events: Type.Integer({ minimum: 1 }),
    event_ids: Type.Array(Type.String()),
    rules: Type.Array(Type.String()),
    user_id: Type.String({ description: "Who the attack is about, another one on each run" }),
    client_ip: Type.String({ description: "Where it comes from, another one on each run" }),
  },
  { $id: "ScenarioRun" },
);
export type ScenarioRun = Type.Static<typeof ScenarioRun>;
