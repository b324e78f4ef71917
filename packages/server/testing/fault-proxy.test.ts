import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { until } from "./until.ts";

describe("the fault proxy", () => {
  let echo: Server;
  let proxy: FaultProxy;
  let received: string;
  beforeEach(async () => {
    received = "";
    echo = createServer((socket) => {
      socket.on("data", (bytes) => {
        received += bytes.toString();
      });
      socket.on("error", () => undefined).pipe(socket);
    });
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    const address = echo.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    proxy = await startFaultProxy({ target: { host: "127.0.0.1", port } });
  });
  afterEach(async () => {
    await proxy.stop();
    echo.close();
  });

  function dial(): { socket: Socket; heard: () => string; error: () => string | undefined } {
    const socket = connect(proxy.port, "127.0.0.1");
    let heard = "";
    let error: string | undefined;
    socket.on("data", (bytes) => {
      heard += bytes.toString();
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      error = code;
    });
    return { socket, heard: () => heard, error: () => error };
  }

  test("passes bytes both ways, and an end", async () => {
    const { socket, heard } = dial();
    socket.end("hello");
    await once(socket, "close");
    expect(heard()).toBe("hello");
    await until(() => proxy.connections() === 0, "the proxy holds nothing");
  });

  test("resets open connections", async () => {
    const { socket, heard, error } = dial();
    socket.write("hello");
    await until(() => heard() === "hello", "the echo came");
    proxy.resetAll();
    await until(error, "the client learns of it");
    expect(error()).toBe("ECONNRESET");
  });

  test("in a black hole takes connections and bytes and answers nothing, not even an end", async () => {
    const before = dial();
    before.socket.write("one");
    await until(() => before.heard() === "one", "the echo came");
    await proxy.mode("drop");
    const after = dial();
    await once(after.socket, "connect");
    for (const { socket } of [before, after]) socket.end("two");
    await until(() => proxy.connections() === 0, "the proxy has read both ends");
    expect([before.heard(), after.heard()]).toEqual(["one", ""]);
    expect([before.socket.closed, after.socket.closed]).toEqual([false, false]);
    await proxy.mode("pass");
    await until(() => before.socket.closed && after.socket.closed, "both are reset when it is over");
  });

  test.each([
    ["drop-up", ""],
    ["drop-down", "two"],
  ] as const)("%s loses the bytes of one direction, and resets when it is over", async (mode, arrives) => {
    const { socket, heard } = dial();
    socket.write("one");
    await until(() => heard() === "one", "the echo came");
    await proxy.mode(mode);
    socket.write("two");
    const came = arrives === "" ? () => true : () => received.endsWith(arrives);
    await until(came, "the other side has what flows");
    expect(heard()).toBe("one");
    await proxy.mode("pass");
    await until(() => socket.closed, "it is reset when it is over");
    expect(received).toBe(`one${arrives}`);
  });

  test("holds bytes back without changing their order, and counts the connections it took", async () => {
    proxy.latency(30);
    const { socket, heard } = dial();
    for (const text of ["a", "b", "c"]) socket.write(text);
    await until(() => heard() === "abc", "the echo came");
    expect([proxy.accepted(), proxy.connections()]).toEqual([1, 1]);
    proxy.latency(0);
    await until(() => socket.closed, "what was held back is not overtaken");
  });

  test("refuses, and passes again on the same port", async () => {
    const { port } = proxy;
    await proxy.mode("refuse");
    const refused = dial();
    await until(refused.error, "the client learns of it");
    expect(refused.error()).toBe("ECONNREFUSED");
    await proxy.mode("pass");
    expect(proxy.port).toBe(port);
    const { socket, heard } = dial();
    socket.end("again");
    await once(socket, "close");
    expect(heard()).toBe("again");
  });
});
