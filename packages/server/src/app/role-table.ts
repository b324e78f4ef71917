/** What a role can ask of the outside world; `connect.ts` turns its URL into an adapter. */
export type Need = "transport" | "windows" | "database";

/** Where what is not done yet waits: on the broker, or in the file of the embedded transport. */
export type WaitingPlace = "broker" | "data folder";

/** A role without the code behind it. */
export interface RoleRow {
  /** The port it listens on when it runs alone. */
  readonly port: number;
  /** Which resources it uses, and in words what each one's absence impairs. */
  readonly needs: Readonly<Partial<Record<Need, (place: WaitingPlace) => readonly string[]>>>;
  /** In words, what does not work while the process of the service cannot be reached. */
  readonly without: readonly string[];
}

/** The services: roles of one program. With no role named, all of them run in one process. */
export const roleTable = {
  "audit-event-generator": {
    port: 5000,
    needs: { transport: () => ["no synthetic events are made; those that were due are counted as skipped"] },
    without: ["no synthetic events are made, no scenarios are played"],
  },
  "audit-event-gateway": {
    port: 5002,
    needs: {
      transport: (place) => [
        "event intake is refused with 503 and Retry-After: senders keep their events and send them again",
        ...(place === "broker" ? ["the queue audit_events is not drained"] : []),
      ],
    },
    without: ["event intake: senders keep their events and send them again"],
  },
  "audit-log-analysis": {
    port: 5001,
    needs: {
      transport: (place) => [`detection and new alerts stand still; accepted events wait in the ${place}`],
      windows: (place) => [
        `detection stands still at the first event that a correlation rule counts; events wait in the ${place}`,
      ],
    },
    without: ["detection and new alerts stand still; accepted events wait in the broker"],
  },
  "notification-service": {
    port: 8000,
    needs: {
      transport: (place) => [
        `new alerts arrive late: they wait in the ${place}; what is stored can be read and handled`,
      ],
      database: (place) => [
        `alert storage and queries impaired, intake continues in the ${place}`,
        "alerts, incidents and channels can be neither read nor changed: API and page answer 503",
        "nobody is told of alerts: deliveries go out when the database is back",
      ],
    },
    without: [
      "alerts, incidents and channels can be neither read nor changed",
      "nobody is told of alerts: new ones wait in the broker",
    ],
  },
  "event-audit-dashboard": { port: 8080, needs: {}, without: ["the page and the one address of the API"] },
} as const satisfies Record<string, RoleRow>;

/** The name of a service, as operators see it. */
export type RoleName = keyof typeof roleTable;
/** Every service, in the order in which they start. */
export const roleNames: readonly RoleName[] = Object.keys(roleTable) as RoleName[];

/** The port when several roles share a process: the front door's. */
const frontDoorPort = 8080;

/** The resources that these roles use, each once. */
export function needsOf(names: readonly RoleName[]): Need[] {
  return [...new Set(names.flatMap((name) => Object.keys(roleTable[name].needs) as Need[]))];
}

/** The port these roles listen on by default. */
export function portOf(names: readonly RoleName[]): number {
  const [only, ...others] = names;
  return only !== undefined && others.length === 0 ? roleTable[only].port : frontDoorPort;
}

/** In words, what a resource impairs that works and warns, where that is not what its absence does. */
export const impairedOnWarning: Readonly<Partial<Record<Need, readonly string[]>>> = {
  windows: ["bursts and sequences that began before the loss may be missed; all that began since is counted"],
};

/** The roles that use a resource and are not among these. */
export function rolesOutside(names: readonly RoleName[], need: Need): RoleName[] {
  return roleNames.filter((name) => !names.includes(name) && need in roleTable[name].needs);
}

/** Where what is not done yet waits while the transport is at this URL. */
export function waitingPlace(transportUrl: string): WaitingPlace {
  return /^amqps?:/.test(transportUrl) ? "broker" : "data folder";
}

/** In words, what these roles cannot do without a resource. */
export function impairedWithout(names: readonly RoleName[], need: Need, place: WaitingPlace): string[] {
  return names.flatMap((name) => [...((roleTable[name] as RoleRow).needs[need]?.(place) ?? [])]);
}
