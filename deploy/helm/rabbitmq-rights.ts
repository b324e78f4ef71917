/** The services that have a user of their own on the broker. */
export const brokerUsers = [
  "audit-event-generator",
  "audit-event-gateway",
  "audit-log-analysis",
  "notification-service",
] as const;
/** A service with a user on the broker. */
export type BrokerUser = (typeof brokerUsers)[number];

/** What a user may do on its virtual host, as regular expressions over the names of exchanges and queues. */
export interface Rights {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

// Every process declares what all of them use, so that no record waits for a reader's first start.
const exchange = "auditflow";
const parked = "auditflow\\.parked";
const eventQueue = "auditflow\\.events\\.audit-log-analysis";
const alertQueues = "auditflow\\.(alerts|quarantine|control)\\.notification-service";
const legacyQueue = "audit_events";
const legacyAlone = "auditflow\\.audit_events\\.audit-event-gateway\\.alone";
/** The broker's name, in permissions, for the exchange that reaches each queue by its name. */
const defaultExchange = "amq\\.default";

/** The queues that a service reads, besides that of its own for commands. */
const reads: Readonly<Record<BrokerUser, readonly string[]>> = {
  "audit-event-generator": [],
  "audit-event-gateway": [legacyQueue, legacyAlone],
  "audit-log-analysis": [`${eventQueue}(\\.alone)?`],
  "notification-service": [`${alertQueues}(\\.alone)?`],
};

/**
 * Exactly what a service needs. It declares the exchange and every group's queues (configure), binds those (write on the
 * queue, read on the exchange), publishes to the exchange, and reads its own queues; each process has a queue for
 * commands. Only readers write past the exchange: what failed goes to the `.alone` queue or the parked one.
 * The broker has no finer rights: whoever may write to the exchange may publish every topic.
 */
export function rightsOf(user: BrokerUser): Rights {
  const commands = `auditflow\\.commands\\.${user}\\.[0-9a-f-]{36}`;
  const own = reads[user];
  const legacy = user === "audit-event-gateway" ? [legacyQueue, legacyAlone] : [];
  const past = own.length > 0 ? [defaultExchange] : [];
  const shared = [exchange, parked, `${eventQueue}(\\.alone)?`, `${alertQueues}(\\.alone)?`];
  return {
    configure: oneOf([...shared, ...legacy, commands]),
    write: oneOf([exchange, eventQueue, alertQueues, commands, ...past]),
    read: oneOf([exchange, ...own, commands]),
  };
}

const oneOf = (names: readonly string[]): string => `^(${names.join("|")})$`;
