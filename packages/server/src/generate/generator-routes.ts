import {
  AuditFlowError,
  GeneratedEvent,
  GeneratorRate,
  GeneratorStatus,
  limits,
  ScenarioList,
  ScenarioParams,
  ScenarioRun,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../telemetry/clock.ts";
import type { GeneratorEngine } from "./generator-engine.ts";
import { completeGiven, GivenEvent } from "./given-event.ts";
import { describeScenarios, findScenario, perform } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";
import { strictly } from "./strict-check.ts";

/** What the routes are about. */
export interface GeneratorRoutes {
  readonly engine: GeneratorEngine;
  readonly clock: Clock;
  /** The number of the next run of a scenario; another each time. */
  readonly nextRun: () => number;
  /** Publishes at once, or refuses because the generator is stopping. */
  readonly publish: (events: readonly object[]) => Promise<void>;
  /** @throws AuditFlowError `draining` while the generator is stopping. */
  readonly refuseWhileDraining: () => void;
}

/** The generator's routes: its rate, events given one by one, and scenarios. */
export function generatorRoutes(http: FastifyInstance, routes: GeneratorRoutes): void {
  rateRoutes(http, routes);
  eventRoutes(http, routes);
  scenarioRoutes(http, routes);
}

const forViewers = { access: "viewer" } as const;
const forOperators = { access: "operator" } as const;
const rateAddress = "/api/v1/generator/rate";
const scenariosAddress = "/api/v1/generator/scenarios";

function rateRoutes(http: FastifyInstance, { engine, refuseWhileDraining }: GeneratorRoutes): void {
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const told = { summary: "What the generator is told to do, and what it does" };
  typed.get(
    rateAddress,
    { config: forViewers, schema: { ...told, response: { 200: GeneratorStatus } } },
    () => engine.status(),
  );
  const schema = {
    summary: "Set how many events the generator makes; what is left out stays as it is",
    body: GeneratorRate,
    response: { 200: GeneratorStatus },
  };
  typed.put(
    rateAddress,
    { config: forOperators, schema, validatorCompiler: strictly },
    ({ body }): GeneratorStatus => {
      refuseWhileDraining();
      return engine.change(body);
    },
  );
}

function eventRoutes(http: FastifyInstance, { clock, publish }: GeneratorRoutes): void {
  const schema = {
    summary: "Make one event of which only event_type must be given",
    body: GivenEvent,
    response: { 202: GeneratedEvent },
  };
  const settings = {
    config: forOperators,
    bodyLimit: limits.eventBytes,
    // The check of the whole event names every fault at once; the schema here is for the documentation.
    validatorCompiler: () => () => true,
  };
  const take = async ({ body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const event = completeGiven(body, clock.now());
    await publish([event]);
    return reply.code(202).send({ status: "success", event_id: event.event_id } satisfies GeneratedEvent);
  };
  http.post("/api/v1/generator/events", { ...settings, schema }, take);
  // The address of the first AuditFlow's generator.
  http.post("/generate_event", { ...settings, schema: { ...schema, deprecated: true } }, take);
}

function scenarioRoutes(http: FastifyInstance, { clock, nextRun, publish }: GeneratorRoutes): void {
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const list = { summary: "The attacks that can be played", response: { 200: ScenarioList } };
  typed.get(scenariosAddress, { config: forViewers, schema: list }, () => ({
    scenarios: describeScenarios(),
  }));
  const schema = {
    summary: "Play an attack now",
    params: ScenarioParams,
    response: { 202: ScenarioRun },
  };
  typed.post(
    `${scenariosAddress}/:name`,
    { config: forOperators, schema, validatorCompiler: strictly },
    async ({ params: { name } }, reply) => {
      const script = findScenario(name);
      if (script === undefined) throw unknownScenario(name);
      const { events, run } = perform(script, { run: nextRun(), now: clock.now() });
      await publish(events);
      return reply.code(202).send(run);
    },
  );
}

function unknownScenario(name: string): AuditFlowError {
  const known = scenarios.map((scenario) => scenario.name).join(", ");
  return new AuditFlowError("not_found", `There is no scenario "${name}"; there are ${known}`);
}
