import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { AuditFlowError, type Service } from "@auditflow/contracts";
import proxy from "@fastify/http-proxy";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type TraceContext, type TraceHeaders, traceHeaders } from "../telemetry/trace-context.ts";
import { ForwardedAnswers } from "./front-door-answers.ts";
import { apiPatterns, apiServices, serviceFor } from "./front-door-table.ts";
import { isLoopback } from "./guard.ts";
import { countedHeader } from "./rate-limit.ts";

/** Where the services are that run in other processes: `http://host:port` each, without a path. */
export type Upstreams = Readonly<Partial<Record<Service, string>>>;

/** How long a service may take, in milliseconds. */
export interface Deadlines {
  readonly connectMs: number;
  /** From the request to the head of the answer. */
  readonly headersMs: number;
  /** Between two pieces of the answer; longer than the heartbeat of a live stream. */
  readonly silenceMs: number;
  /** To end an answer once the server closes; the process has ten seconds in all. */
  readonly graceMs: number;
}

const defaultDeadlines: Deadlines = {
  connectMs: 2_000,
  headersMs: 30_000,
  silenceMs: 60_000,
  graceMs: 5_000,
};

/** Answers here what a service would answer, while that cannot be reached. */
export interface StandIn {
  /** Whether it has an answer to such a request. */
  covers(request: Pick<FastifyRequest, "method" | "url">): boolean;
  /** Answers it; the body is here as it came. */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
}

/** What a front door is made with. */
export interface FrontDoorOptions {
  readonly upstreams: Upstreams;
  /** The services of this process, which has their routes itself: nothing of theirs is forwarded. */
  readonly local: readonly Service[];
  /** Name of the setting that says where a service is. */
  readonly settingOf: (service: Service) => string;
  /** What tells the services that a request was counted here, see `countedMark`; undefined: they count it too. */
  readonly countedMark?: string | undefined;
  readonly deadlines?: Deadlines;
  readonly standIn?: StandIn | undefined;
  /** Where in a trace the request is that is being forwarded; what the caller says is passed on while this knows nothing. */
  readonly trace?: (() => TraceContext | undefined) | undefined;
}

/**
 * Forwards each request of the API to the service that answers it (the table is in `front-door-table.ts`), as it
 * came: query, body, Authorization and the answer are passed on unread, live streams piece by piece (bodies of
 * requests once they are here whole, within the server's limit). The service
 * decides who may do what; only callers from other machines without a token or session do not pass to a service on loopback,
 * which would take them for its machine's own. What the service is told anew: its own name as Host, no Origin (both were checked here),
 * X-Forwarded-For, -Host and -Proto, X-Request-Id, and that the caller's requests were counted here. A service that is away, slow or not configured is a problem
 * `upstream_unavailable` that names it; without archive its addresses are a 404. Closing the server ends live
 * streams at once and other answers within 5 s. Registers nothing when every service is local.
 */
export function frontDoor(http: FastifyInstance, options: FrontDoorOptions): void {
  if (!apiServices.some((service) => isForwarded(service, options))) return;
  const { graceMs } = options.deadlines ?? defaultDeadlines;
  const answers = new ForwardedAnswers();
  http.addHook("preClose", (done) => {
    answers.close(graceMs);
    done();
  });
  http.register(async (scope) => {
    takeBodiesWhole(scope);
    scope.addHook("onRequest", (request, reply, done) => {
      if (isNobodys(request, options)) {
        reply.callNotFound();
        return;
      }
      answers.track(reply);
      done(refusalOf(request, options));
    });
    await scope.register(proxy, {
      upstream: "",
      routes: [...apiPatterns],
      config: { access: "public", forwards: true },
      proxyPayloads: false,
      handler: (...[request, reply, path, hooks]) => {
        const stands = options.standIn?.covers(request) === true;
        if (stands && !hasAddress(request, options)) return options.standIn?.answer(request, reply);
        return reply.from(path, { ...hooks, ...bodyOf(request), ...(stands && { timeout: stoodInMs }) });
      },
      replyOptions: replyOptions(options, answers),
      undici: connections(options.deadlines ?? defaultDeadlines),
      destroyAgent: true,
      disableRequestLogging: true,
    });
  });
}

/** How long a service may take when there is somebody to answer in its place, in milliseconds. */
const stoodInMs = 4_000;

type ProxyOptions = Parameters<typeof proxy>[1];

function replyOptions(
  options: FrontDoorOptions,
  answers: ForwardedAnswers,
): NonNullable<ProxyOptions["replyOptions"]> {
  return {
    getUpstream: (request) => upstreamOf(request, options),
    rewriteRequestHeaders: (request, headers) => ({
      ...requestHeaders(request as FastifyRequest, headers),
      ...onwardTrace(options),
      ...(options.countedMark === undefined ? {} : { [countedHeader]: options.countedMark }),
    }),
    rewriteHeaders: (headers) => without(headers, connectionHeaders),
    retryDelay,
    onResponse: (_request, reply, { stream }) => passOn(answers, reply as FastifyReply, stream),
    onError: (reply, { error }) => {
      const request = reply.request as FastifyRequest;
      if (options.standIn?.covers(request)) void options.standIn.answer(request, reply as FastifyReply);
      else reply.send(unavailable(request, error));
    },
  };
}

function connections({ connectMs, headersMs, silenceMs }: Deadlines): NonNullable<ProxyOptions["undici"]> {
  return {
    // Each open live stream holds one, and a request that waits for a free one would wait without a deadline.
    connections: null,
    headersTimeout: headersMs,
    bodyTimeout: silenceMs,
    connect: { timeout: connectMs, rejectUnauthorized: true },
  };
}

/**
 * A body is forwarded once it is here, within the server's limit: were it passed on piece by piece, a service that
 * refuses before it has read all (401, 413, 415) would look to the caller like one that broke off.
 */
function takeBodiesWhole(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

function bodyOf({ body, headers }: FastifyRequest): { body?: Buffer; contentType?: string } {
  if (!Buffer.isBuffer(body)) return {};
  return { body, contentType: headers["content-type"] ?? "application/octet-stream" };
}

function isForwarded(service: Service, { upstreams, local }: FrontDoorOptions): boolean {
  if (local.includes(service)) return false;
  return service !== "audit-event-archive" || upstreams[service] !== undefined;
}

function isNobodys(request: FastifyRequest, options: FrontDoorOptions): boolean {
  const service = serviceFor(request.method, request.url);
  return service === undefined || !isForwarded(service, options);
}

/** Why a request cannot be forwarded, before it is tried. */
function refusalOf(request: FastifyRequest, options: FrontDoorOptions): AuditFlowError | undefined {
  const service = serviceFor(request.method, request.url);
  if (service !== undefined && !hasAddress(request, options) && options.standIn?.covers(request) !== true) {
    const detail = `${service} answers this, but its address is not known here: set ${options.settingOf(service)}`;
    return new AuditFlowError("upstream_unavailable", detail);
  }
  if (isStrangerAtLoopback(request, options)) {
    return new AuditFlowError(
      "unauthorized",
      "From another machine this address needs a bearer token or a session",
    );
  }
  return undefined;
}

function hasAddress({ method, url }: FastifyRequest, { upstreams }: FrontDoorOptions): boolean {
  const service = serviceFor(method, url);
  return service !== undefined && upstreams[service] !== undefined;
}

/** What a loopback service lets any program of its machine do is not for callers from elsewhere. */
function isStrangerAtLoopback(request: FastifyRequest, options: FrontDoorOptions): boolean {
  if (request.headers.authorization !== undefined || request.session !== undefined) return false;
  const caller = (request.raw.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return isLoopback(new URL(upstreamOf(request, options)).hostname) && !isLoopback(caller);
}

function upstreamOf(
  request: Pick<FastifyRequest, "method" | "url">,
  { upstreams }: FrontDoorOptions,
): string {
  const service = serviceFor(request.method, request.url);
  return new URL((service && upstreams[service]) ?? "http://unknown.invalid").origin;
}

/** Headers that speak of one connection, or that the caller's word is not taken for. */
const connectionHeaders = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"];
const withheldHeaders = [
  ...connectionHeaders,
  "expect",
  "origin",
  "forwarded",
  "proxy-authorization",
  countedHeader,
];

function requestHeaders(request: FastifyRequest, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  // Nobody reads the body of a GET, so none is sent, and the headers must not speak of one.
  const withheld = isReading(request.method) ? [...withheldHeaders, "content-length"] : withheldHeaders;
  const callers = [headers["x-forwarded-for"], request.raw.socket.remoteAddress].flat().filter(Boolean);
  return {
    ...without(headers, withheld),
    "x-forwarded-for": callers.join(", "),
    "x-forwarded-host": request.host,
    "x-forwarded-proto": request.protocol,
    "x-request-id": request.id,
  };
}

function onwardTrace({ trace }: FrontDoorOptions): Partial<TraceHeaders> {
  const context = trace?.();
  return context === undefined ? {} : traceHeaders(context);
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

/** Reading is tried once more when a connection kept from before turns out dead; the default repeats every 503. */
function retryDelay({ err, req, attempt }: Retry): number | null {
  return isReading(req.method) && attempt === 0 && codeOf(err) === "UND_ERR_SOCKET" ? 1 : null;
}

interface Retry {
  readonly err: Error;
  readonly req: { readonly method: string };
  readonly attempt: number;
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function passOn(answers: ForwardedAnswers, reply: FastifyReply, body: Readable): void {
  const isStream = String(reply.getHeader("content-type")).startsWith("text/event-stream");
  if (isStream) answers.stream(reply, body);
  else reply.send(body);
}

const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at its address",
  ENOTFOUND: "its host name is not known",
  EAI_AGAIN: "its host name cannot be looked up",
  UND_ERR_CONNECT_TIMEOUT: "it cannot be reached",
  UND_ERR_HEADERS_TIMEOUT: "it took too long",
  UND_ERR_SOCKET: "it broke off",
  ECONNRESET: "it broke off",
};

function unavailable(request: FastifyRequest, error: Error): AuditFlowError {
  const code = codeOf(error.cause) ?? codeOf(error) ?? "unknown";
  const detail = `${serviceFor(request.method, request.url)} does not answer: ${failures[code] ?? code}`;
  return new AuditFlowError("upstream_unavailable", detail, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null | undefined)?.code;
}
