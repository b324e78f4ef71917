import { once } from "node:events";
import { createServer } from "node:http";

/** A span as a collector got it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly links?: readonly { readonly traceId: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code?: number };
  /** `service.name` of the resource, and the part of the program. */
  readonly service: string;
  readonly scope: string;
}

/** A real OTLP/HTTP collector on 127.0.0.1 that keeps the spans it is sent, in JSON. */
export interface SpanReceiver {
  /** Without a path, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Resources as they came, one for each request. */
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  spansOf(traceId: string): ReceivedSpan[];
  /** How requests are answered from now on; `hang`: not at all. 200 until then. */
  answer(how: number | "hang"): void;
  stop(): Promise<void>;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly (Omit<ReceivedSpan, "attributes"> & {
        readonly attributes: readonly KeyValue[];
      })[];
    }[];
  }[];
}

/** Starts a collector on a free port. */
export async function startSpanReceiver(): Promise<SpanReceiver> {
  const spans: ReceivedSpan[] = [];
  const resources: Readonly<Record<string, unknown>>[] = [];
  let how: number | "hang" = 200;
  const take = (body: string): void => {
    for (const { resource, scopeSpans } of (JSON.parse(body) as Export).resourceSpans) {
      const about = plain(resource.attributes);
      resources.push(about);
      for (const { scope, spans: some } of scopeSpans) {
        const service = String(about["service.name"]);
        for (const span of some)
          spans.push({ ...span, service, scope: scope.name, attributes: plain(span.attributes) });
      }
    }
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (how === "hang") return;
      if (how === 200 && request.url === "/v1/traces") take(Buffer.concat(parts).toString("utf8"));
      response.writeHead(how, { "content-type": "application/json" }).end("{}");
    });
    request.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    spans,
    resources,
    spansOf: (traceId) => spans.filter((span) => span.traceId === traceId),
    answer: (next) => {
      how = next;
    },
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function plain(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
