import type { Bench } from "../case.ts";

/** How often one process dialled one server, while somebody watched. */
export interface Dialling {
  readonly part: string;
  /** Connections that the process holds when all is well. */
  readonly clients: number;
  /** Dials in all. */
  readonly dials: number;
  /** Dials a second and client. */
  readonly rate: number;
}

/**
 * Counts from now on how often each process dials RabbitMQ, at its own proxy, which also sees the dials that nobody
 * answers. The returned function ends it.
 */
export function watchDialling({ system }: Bench): () => readonly Dialling[] {
  const began = performance.now();
  const before = system.parts.flatMap((part) => {
    const { rabbitmq } = system.links(part);
    return rabbitmq === undefined
      ? []
      : [{ part, rabbitmq, dialled: rabbitmq.accepted(), clients: rabbitmq.connections() }];
  });
  return () => {
    const seconds = (performance.now() - began) / 1000;
    return before.map(({ part, rabbitmq, dialled, clients }) => {
      const dials = rabbitmq.accepted() - dialled;
      return { part, clients, dials, rate: dials / Math.max(1, clients) / seconds };
    });
  };
}
