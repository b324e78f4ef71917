import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePorts } from "./free-ports.ts";

/**
 * `pass`: bytes flow. `drop`: connections are taken and stay open, and no byte moves, which is what a black hole
 * looks like; bytes sent meanwhile are lost for good. `drop-up`, `drop-down`: so in one direction only, towards the
 * server or from it. `refuse`: nobody listens and open connections are reset.
 */
export type FaultMode = "pass" | "drop" | "drop-up" | "drop-down" | "refuse";

/** A TCP proxy that stands before a real server and fails on demand. */
export interface FaultProxy {
  /** Where to connect instead of the target, on 127.0.0.1; the same port after `refuse`. */
  readonly port: number;
  /** Connections that clients have open now, through the proxy or hanging in it. */
  connections(): number;
  /** Connections that were taken since the proxy was started. */
  accepted(): number;
  /** Holds each byte back for so many milliseconds from now on; a smaller number resets every connection. */
  latency(ms: number): void;
  /** Changes what happens from now on, to open connections and to new ones. */
  mode(mode: FaultMode): Promise<void>;
  /** Resets every open connection (RST); the mode stays. */
  resetAll(): void;
  /** Resets everything and stops listening. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a proxy to `target` in mode `pass`, on a free port of 127.0.0.1 or the one that is named. */
export async function startFaultProxy(options: {
  target: { host: string; port: number };
  mode?: FaultMode;
  port?: number;
}): Promise<FaultProxy> {
  const proxy = new TcpProxy(options.target);
  // Not a port that the system gives to outgoing connections: one could have it while nobody listens.
  const [free = 0] = options.port === undefined ? await freePorts(1) : [];
  await proxy.listen(options.port ?? free);
  await proxy.mode(options.mode ?? "pass");
  return proxy;
}

/** Host and port that a server's URL names, for `startFaultProxy`. */
export function targetOf(url: string, defaultPort: number): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: port === "" ? defaultPort : Number(port) };
}

/** The same URL, pointed at the proxy. */
export function throughProxy(url: string, proxy: FaultProxy): string {
  const changed = new URL(url);
  changed.hostname = "127.0.0.1";
  changed.port = String(proxy.port);
  return changed.href;
}

class TcpProxy implements FaultProxy {
  port = 0;
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  #mode: FaultMode = "pass";
  #latencyMs = 0;
  #accepted = 0;
  #server: Server | undefined;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  async listen(port: number): Promise<void> {
    // Half open, so that a black hole does not answer an end with an end of its own.
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#server = server;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
  }

  connections(): number {
    return this.#clients.size;
  }

  accepted(): number {
    return this.#accepted;
  }

  latency(ms: number): void {
    // What is still held back would be overtaken.
    if (ms < this.#latencyMs) this.resetAll();
    this.#latencyMs = ms;
  }

  async mode(mode: FaultMode): Promise<void> {
    const before = this.#mode;
    this.#mode = mode;
    if (mode === "refuse") {
      await this.#close();
      return;
    }
    if (this.#server === undefined) await this.listen(this.port);
    // Bytes were lost while dropping: a stream that goes on with a hole in it would be a fault no network has.
    if (before.startsWith("drop") && mode !== before) this.resetAll();
  }

  resetAll(): void {
    for (const socket of this.#sockets) {
      // A socket that was shut down cannot be reset any more: Node would leak it.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    this.#sockets.clear();
  }

  async stop(): Promise<void> {
    this.#mode = "refuse";
    await this.#close();
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.resetAll();
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    await closed;
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    this.#track(client);
    this.#clients.add(client);
    client.on("end", () => this.#clients.delete(client));
    client.on("close", () => this.#clients.delete(client));
    if (this.#mode === "drop") {
      client.resume();
      return;
    }
    const upstream = connect({ ...this.#target, allowHalfOpen: true });
    this.#track(upstream);
    this.#pump(client, upstream, "drop-up");
    this.#pump(upstream, client, "drop-down");
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #pump(from: Socket, to: Socket, losing: FaultMode): void {
    const flows = (): boolean => this.#mode === "pass" || (this.#mode !== losing && this.#mode !== "drop");
    const pass = (bytes: Buffer): void => {
      if (!flows() || to.destroyed) return;
      if (!to.write(bytes)) from.pause();
    };
    const end = (): void => {
      if (flows()) to.end();
    };
    from.on("data", (bytes) => this.#later(() => pass(bytes)));
    to.on("drain", () => from.resume());
    from.on("close", () => {
      // While dropping, the other side must not learn of it: that is what makes a black hole.
      if (flows()) this.#later(() => to.destroy());
    });
    from.on("end", () => this.#later(end));
  }

  /** At once, or after the latency: timers of one length keep their order. */
  #later(act: () => void): void {
    if (this.#latencyMs === 0) act();
    else setTimeout(act, this.#latencyMs);
  }
}
