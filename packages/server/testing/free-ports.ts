import { createServer, type Server } from "node:net";

// Below the ports that systems give to outgoing connections: such a connection could have the port of a server
// that is away for a moment, and the server could not come back.
const lowest = 10_000;
const highest = 32_000;

/** As many different free loopback ports as asked for. All are held until the last is known, so none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const holders: { server: Server; port: number }[] = [];
  while (holders.length < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = await hold(port);
    if (server !== undefined) holders.push({ server, port });
  }
  await Promise.all(holders.map(({ server }) => new Promise((closed) => server.close(closed))));
  return holders.map(({ port }) => port);
}

/** Listens on a port; undefined when somebody else has it. */
function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" || error.code === "EACCES" ? resolve(undefined) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
