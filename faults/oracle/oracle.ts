import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { type EventKind, eventIdOf } from "../load/event-of.ts";
import { LedgerRecord } from "./record.ts";

// The judge's memory, a process of its own that no fault touches: it alone mints ids, and it answers only when what it
// was told is on the disk. `node oracle.ts RECORD RUN SECRET` says its port and then serves until it is ended.
const [path = "", run = "", secret = ""] = process.argv.slice(2);
const record = new LedgerRecord(path);
const webhook = new Webhook(secret);
const next: Record<EventKind, number> = { canary: 0, group: 0 };
/** How the sink answers, and how often still before it answers 204 again. */
let answer: { how: number | "hang" | "reset"; times: number } = { how: 204, times: 0 };

type Handler = (body: string, request: IncomingMessage) => unknown;

const handlers: Readonly<Record<string, Handler>> = {
  "POST /claim": (body) => {
    const wanted = JSON.parse(body) as Record<EventKind, number>;
    const mint = (kind: EventKind): string[] =>
      Array.from({ length: wanted[kind] }, () => eventIdOf(run, kind, next[kind]++));
    const claimed = [...mint("canary"), ...mint("group")];
    record.append({ claimed });
    return { ids: claimed };
  },
  "POST /acked": (body) => {
    record.append(JSON.parse(body));
    return {};
  },
  "POST /answer": (body) => {
    answer = JSON.parse(body);
    return {};
  },
  "GET /report": () => ({
    claimed: [...record.claimed],
    acked: [...record.acked.keys()],
    acked_in_fault: [...record.acked.values()].filter(Boolean).length,
    deliveries: record.deliveries,
  }),
};

function deliver(body: string, { headers }: IncomingMessage, response: ServerResponse): void {
  const how = answer.times > 0 ? answer.how : 204;
  answer.times -= 1;
  const problem = problemOf(body, headers);
  const { type = "", incident } = readNotice(body);
  record.append({
    delivery: {
      ...{ webhook_id: String(headers["webhook-id"]), incident_id: incident?.incident_id ?? "", type },
      body: createHash("sha256").update(body).digest("hex"),
      answered: typeof how === "number" ? how : 0,
      ...(problem === undefined ? {} : { problem }),
    },
  });
  if (how === "reset") response.socket?.resetAndDestroy();
  else if (how !== "hang") response.writeHead(how).end();
}

function problemOf(body: string, headers: IncomingMessage["headers"]): string | undefined {
  try {
    webhook.verify(body, headers as Record<string, string>);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function readNotice(body: string): { type?: string; incident?: { incident_id: string } } {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("error", () => undefined);
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("utf8");
    if (request.url === "/deliver") return deliver(body, request, response);
    const handler = handlers[`${request.method} ${request.url}`];
    if (handler === undefined) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(JSON.stringify(handler(body, request)));
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
// Whoever started it is gone: nobody will ask it anything any more.
process.stdin.on("end", () => process.exit(0)).resume();
