import type { IncomingMessage } from "node:http";
import { AuditFlowError, IntakeResult, limits } from "@auditflow/contracts";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { failpoint } from "#failpoint";
import type { Clock } from "../telemetry/clock.ts";
import { everyLine } from "../telemetry/every-line.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Transport } from "../transport/transport.ts";
import type { GatewayObserver } from "./gateway-observer.ts";
import { takeEventList } from "./kubernetes-audit.ts";
import { drainLegacyQueue } from "./legacy-queue.ts";
import { BodyReader, type LentBody } from "./read-body.ts";
import { refusalOf, rejections, type TakenBody, takeBody } from "./take-body.ts";

/** What the gateway is started with. */
export interface GatewayOptions {
  /** Not listening yet: routes are added to it. */
  readonly http: FastifyInstance;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe: GatewayObserver;
}

/**
 * Starts the intake of events: its addresses of the API and the queue of the first AuditFlow. `stop` takes no more
 * (`draining`) and waits until what was taken is with the transport; stopping twice is the same as once.
 */
export function startGateway(options: GatewayOptions): { stop(): Promise<void> } {
  const { http, transport, clock, log, observe } = options;
  const publishing = new Set<Promise<void>>();
  let isDraining = false;

  const publish: Publish = (events) => {
    const work = transport.publish("events", events);
    publishing.add(work);
    return work.finally(() => publishing.delete(work));
  };
  http.register(async (scope) => {
    takeRawBodies(scope, observe);
    const config = { access: "sender" } as const;
    for (const { url, schema, take } of intakes) {
      scope.post(url, { config, schema }, async (request, reply) => {
        if (isDraining)
          throw new AuditFlowError("draining", "The gateway is stopping and takes no more events");
        return await takeRequest(request, reply, { take, publish, clock, log, observe });
      });
    }
  });
  const legacyQueue = drainLegacyQueue({ transport, clock, observe });
  return {
    stop: async () => {
      isDraining = true;
      if (publishing.size > 0)
        log.info({ "event.name": "gateway.draining", requests: publishing.size }, "draining");
      await Promise.allSettled([legacyQueue.stop(), ...publishing]);
    },
  };
}

type Publish = (events: readonly object[]) => Promise<void>;

/** The addresses that take events, and how each reads a body. */
const intakes = [
  {
    url: "/api/v1/events",
    schema: {
      summary: "Send audit events: one object, an array, or one object a line",
      consumes: ["application/json", "application/x-ndjson"],
      response: { 202: IntakeResult },
    },
    take: takeBody,
  },
  {
    url: "/api/v1/ingest/kubernetes-audit",
    schema: {
      summary: "Send the audit log of a Kubernetes API server, as its webhook posts it: an EventList",
      consumes: ["application/json"],
      response: { 202: IntakeResult },
    },
    take: takeEventList,
  },
];

/** Bodies come as bytes: decoding is ours, so that nothing is replaced or dropped on the way. */
function takeRawBodies(scope: FastifyInstance, observe: GatewayObserver): void {
  const reader = new BodyReader(limits.batchBytes);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    ["application/json", "application/x-ndjson", "application/jsonl"],
    async ({ headers }: FastifyRequest, payload: IncomingMessage) => {
      try {
        return await reader.read(payload, Number(headers["content-length"]));
      } catch (error) {
        count(error, observe);
        throw error;
      }
    },
  );
}

interface RequestTools {
  readonly take: typeof takeBody;
  readonly publish: Publish;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe: GatewayObserver;
}

async function takeRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  tools: RequestTools,
): Promise<FastifyReply> {
  const { publish, log, observe } = tools;
  const taken = readBody(request, tools);
  const { events, items, legacyTimestamps } = taken;
  observe.received(items.length);
  for (const [code, n] of rejections(items)) observe.rejected(code, n);
  if (events.length === 0) throw refusalOf(taken);
  await publish(events);
  await failpoint("gateway.confirmed", events);
  observe.accepted(events.length);
  if (legacyTimestamps > 0) observe.legacyTimestamps(legacyTimestamps);
  const counts = { accepted: events.length, rejected: items.length - events.length };
  log.debug({ "event.name": "gateway.accepted", ...counts, [everyLine]: true }, "events were accepted");
  const result = { ...counts, items };
  return reply.code(202).send(result);
}

function readBody({ headers, body }: FastifyRequest, { take, clock, observe }: RequestTools): TakenBody {
  const lent = body as LentBody | undefined;
  try {
    const encoding = headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      throw new AuditFlowError(
        "unsupported_media_type",
        `Bodies encoded as ${encoding} are not taken: send them plain`,
      );
    }
    return take(lent?.bytes ?? Buffer.alloc(0), clock.now());
  } catch (error) {
    count(error, observe);
    throw error;
  } finally {
    lent?.release();
  }
}

function count(error: unknown, observe: GatewayObserver): void {
  if (!(error instanceof AuditFlowError)) return;
  observe.received(1);
  observe.rejected(error.code, 1);
}
