import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { receiverCertificate, receiverKey } from "./receiver-certificate.ts";

/** A request that the receiver took, whole. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a receiver does once it has read a request. */
export type ReceiverAnswer = (response: ServerResponse, request: ReceivedRequest) => void;

/** A real HTTP server on 127.0.0.1 that keeps what it is sent, and answers as it is told. */
export interface HttpReceiver {
  readonly port: number;
  /** `http://127.0.0.1:port/hook`, or https. */
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** How the requests from now on are answered; with 200 until then. */
  answer(answer: ReceiverAnswer): void;
  /** Breaks every connection and stops listening. Idempotent. */
  stop(): Promise<void>;
}

/** The answers that tests ask for, well-behaved and hostile. */
export const answers = {
  status:
    (status: number, body = "", headers: Record<string, string> = {}): ReceiverAnswer =>
    (response) =>
      void response.writeHead(status, headers).end(body),
  /** Reads the request and never says a word. */
  hang: () => undefined,
  /** Sends a header byte by byte and never comes to its end. */
  dripHeaders: (response: ServerResponse) => drip(response, "HTTP/1.1 200 OK\r\nx-slow: "),
  /** Sends the headers, and then a body that never ends. */
  dripBody:
    (status: number): ReceiverAnswer =>
    (response) =>
      drip(response, `HTTP/1.1 ${status} Slow\r\ntransfer-encoding: chunked\r\n\r\n`, "1\r\na\r\n"),
  /** Sends the letter x without end, as fast as it is taken: more than any number of megabytes. */
  flood:
    (status: number): ReceiverAnswer =>
    (response) => {
      const part = Buffer.alloc(64 * 1024, "x");
      const more = (): void => {
        while (!response.destroyed && response.write(part));
      };
      response.on("drain", more);
      response.writeHead(status);
      more();
    },
  /** Breaks the connection instead of an answer. */
  reset: (response: ServerResponse) => void response.socket?.resetAndDestroy(),
  /** Writes these bytes as they are and closes the connection. */
  raw:
    (bytes: string): ReceiverAnswer =>
    (response) =>
      void response.socket?.end(bytes),
} as const;

/** Starts a receiver on a free port; `tls` makes it one of https, with the certificate of `receiver-certificate.ts`. */
export async function startHttpReceiver(options: { readonly tls?: boolean } = {}): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = [];
  let current: ReceiverAnswer = answers.status(200, "ok");
  const listener: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const received = { method, path: url, headers, body: Buffer.concat(parts).toString("utf8") };
      requests.push(received);
      current(response, received);
    });
    request.on("error", () => undefined);
    response.on("error", () => undefined);
  };
  const server =
    options.tls === true
      ? createTlsServer({ cert: receiverCertificate, key: receiverKey }, listener)
      : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    url: `${options.tls === true ? "https" : "http"}://127.0.0.1:${port}/hook`,
    requests,
    answer: (answer) => {
      current = answer;
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

/** Writes past Node's own framing, which would send the headers whole. */
function drip({ socket }: ServerResponse, start: string, piece = "a"): void {
  if (socket === null) return;
  socket.write(start);
  const timer = setInterval(() => socket.write(piece), 5);
  socket.on("error", () => clearInterval(timer));
  socket.on("close", () => clearInterval(timer));
}
