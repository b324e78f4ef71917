import { readFileSync } from "node:fs";
import { AuditFlowError, type ErrorCode, errorTable, type Problem } from "@auditflow/contracts";
import type { Command } from "commander";
import { processEnvironment } from "../app/config.ts";
import { tokenFile } from "../app/data-folder.ts";

/** Which running AuditFlow a command speaks to. */
export interface ServerOptions {
  readonly url: string;
  readonly data: string;
}

/** Adds the options that every command has that speaks to a running AuditFlow. */
export function addServerOptions(command: Command): Command {
  const env = processEnvironment();
  return command
    .option(
      "--url <url>",
      "where AuditFlow listens [AUDITFLOW_URL]",
      env["AUDITFLOW_URL"] ?? "http://127.0.0.1:8080",
    )
    .option("--data <folder>", "data folder whose token is used", env["AUDITFLOW_DATA"] ?? "./data");
}

/** A request to the API. */
export interface ServerRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends it; 15 s by default. */
  readonly signal?: AbortSignal;
}

/** A running AuditFlow, as a command speaks to it. */
export interface Server {
  readonly url: string;
  /**
   * As the global `fetch`. The token is AUDITFLOW_TOKEN, or in the file AUDITFLOW_TOKEN_FILE; without it, that of the data folder, and only when the server
   * asks for one.
   * @throws AuditFlowError unauthorized when the server asks for a token and there is none.
   */
  fetch(path: string, request?: ServerRequest): Promise<Response>;
  /**
   * What the API answers; undefined when that is nothing.
   * @throws AuditFlowError whose message says in words what is wrong and what to do next.
   */
  ask<T>(path: string, request?: ServerRequest): Promise<T>;
}

/**
 * Makes the way to a running AuditFlow; connects with the first request.
 * @throws AuditFlowError invalid_config when the URL is none.
 */
export function connectServer(options: ServerOptions): Server {
  const parsed = URL.parse(options.url);
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    throw new AuditFlowError(
      "invalid_config",
      `--url: "${options.url}" is no URL; write it as http://127.0.0.1:8080`,
    );
  }
  return new HttpServer(options);
}

const deadlineMs = 15_000;

class HttpServer implements Server {
  readonly url: string;
  readonly #data: string;
  #token: string | undefined;

  constructor({ url, data }: ServerOptions) {
    this.url = url;
    this.#data = data;
    const { AUDITFLOW_TOKEN, AUDITFLOW_TOKEN_FILE } = processEnvironment();
    this.#token =
      AUDITFLOW_TOKEN ?? (AUDITFLOW_TOKEN_FILE === undefined ? undefined : tokenIn(AUDITFLOW_TOKEN_FILE));
  }

  async fetch(path: string, request: ServerRequest = {}): Promise<Response> {
    const response = await this.#send(path, request);
    if (response.status !== 401 || this.#token !== undefined) return response;
    // Only a server that asks for a token is shown the data folder's: the folder may belong to another one.
    this.#token = this.#readToken(refusalOf(await response.json().catch(() => undefined), response));
    return await this.#send(path, request);
  }

  async ask<T>(path: string, request: ServerRequest = {}): Promise<T> {
    const response = await this.fetch(path, request).catch((error: unknown) => {
      throw unreachable(this.url, error);
    });
    if (response.status === 204) return undefined as T;
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer as T;
    throw refusalOf(answer, response);
  }

  #send(path: string, { method = "GET", body, headers, signal }: ServerRequest): Promise<Response> {
    return fetch(new URL(path, this.url), {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: signal ?? AbortSignal.timeout(deadlineMs),
    });
  }

  #readToken(refusal: AuditFlowError): string {
    try {
      return readFileSync(tokenFile(this.#data), "utf8").trim();
    } catch (cause) {
      const hint = `set AUDITFLOW_TOKEN, or name the server's data folder with --data`;
      throw new AuditFlowError(
        "unauthorized",
        `${refusal.message} (no token in ${this.#data}: ${(cause as Error).message}; ${hint})`,
        { cause },
      );
    }
  }
}

function tokenIn(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    const words = `AUDITFLOW_TOKEN_FILE: ${(cause as Error).message}`;
    throw new AuditFlowError("invalid_config", words, { cause });
  }
}

/** What a person does about a request that `fetch` could not make; an AuditFlowError stays as it is. */
export function unreachable(url: string, error: unknown): AuditFlowError {
  if (error instanceof AuditFlowError) return error;
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") {
    const said = `${url} took the connection and did not answer in time; see ${new URL("/healthz", url).href}`;
    return new AuditFlowError("upstream_unavailable", said, { cause: error });
  }
  const why = cause instanceof Error ? describe(cause) : message;
  const next = `Start AuditFlow with "auditflow serve", or name where it listens with --url`;
  return new AuditFlowError("upstream_unavailable", `Nothing answers at ${url} (${why}). ${next}`, {
    cause: error,
  });
}

/** Every address of a name refused: an error with an empty message. */
function describe(cause: Error): string {
  return cause instanceof AggregateError ? cause.errors.map(String).join("; ") : cause.message;
}

/** A refusal of the API in one sentence each for what, why and what to do. */
export function refusalOf(answer: unknown, response: Response): AuditFlowError {
  const problem = answer as Partial<Problem> | undefined;
  if (typeof problem?.code !== "string" || !Object.hasOwn(errorTable, problem.code)) {
    const said = `${response.url} answered ${response.status}, which is no answer of AuditFlow; check --url`;
    return new AuditFlowError("invalid_request", said);
  }
  const faults = (problem.errors ?? [])
    .map(({ pointer, detail }) => `; ${pointer} ${detail.replace(/\.$/, "")}`)
    .join("");
  const message = `${problem.title}: ${problem.detail}${faults}. ${problem.fix}`;
  return new AuditFlowError(problem.code as ErrorCode, message);
}
