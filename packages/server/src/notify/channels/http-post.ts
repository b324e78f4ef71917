import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";

/** What is sent where, and the only addresses it may go to: nothing else is looked up. */
export interface HttpPost {
  readonly url: URL;
  readonly addresses: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The start of the body, at most 64 KiB; empty for 2xx, whose body nobody needs. */
  readonly text: string;
}

const mostAnswerBytes = 64 * 1024;

/** How long a body is waited for once the status is known, in milliseconds. */
const bodyMs = 1000;

/**
 * Posts once over a connection of its own and follows no redirect. Rejects with the network's error, or when the signal
 * is aborted. TLS verifies the name in the URL, whatever address it is that was connected to.
 */
export function httpPost({ url, addresses, headers, body, signal }: HttpPost): Promise<HttpAnswer> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: "POST",
      // A kept connection would outlive the check of its address.
      agent: false,
      headers: { ...headers, "content-length": Buffer.byteLength(body), "accept-encoding": "identity" },
      lookup: pinned(addresses),
      maxHeaderSize: 16 * 1024,
      rejectUnauthorized: true,
      signal,
    });
    let answered = false;
    sent.on("response", (response) => {
      answered = true;
      readAnswer(response).then(resolve, reject);
    });
    // Once the status is known, a connection that breaks takes nothing away but the rest of the body.
    const fail = (error: Error): void => {
      if (!answered) reject(error);
    };
    sent.on("error", fail);
    // An upgrade that nobody asked for closes the connection without an error.
    sent.on("close", () => fail(new Error("the connection was closed without an answer")));
    sent.end(body);
  });
}

function pinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, done) => {
    if (options.all === true) done(null, [...found]);
    else done(null, found[0]?.address ?? "", found[0]?.family);
  };
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0;
  const body = readStart(response);
  // Once a receiver said yes nothing may turn it into a no, and nobody waits for a body that says more.
  const text = status >= 200 && status < 300 ? "" : await body;
  return { status, headers: response.headers, text };
}

/** Reads until the end, the limit or the time is reached, or the connection breaks, and closes it. Never rejects. */
function readStart(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    const finish = (): void => {
      clearTimeout(timer);
      response.destroy();
      resolve(Buffer.concat(parts).subarray(0, mostAnswerBytes).toString("utf8"));
    };
    const timer = setTimeout(finish, bodyMs);
    response.on("data", (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length >= mostAnswerBytes) finish();
    });
    response.on("end", finish);
    response.on("close", finish);
    response.on("error", finish);
  });
}
