import type { Health, ServiceHealth } from "@auditflow/contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { ResourceCard, ServiceCard } from "./service-map-card.tsx";
import { dependenciesOf, type Need, needOf, reportedServices } from "./service-map-model.ts";

/** What each service does, in a word or two. */
const tasks = {
  "audit-event-gateway": "takes events in",
  "audit-event-generator": "makes synthetic events",
  "audit-log-analysis": "detects",
  "audit-event-archive": "keeps every event",
  "notification-service": "stores alerts, tells people",
  "event-audit-dashboard": "this page and the API",
} as const;

/** The way of an event through the services and what they stand on, with how each of them is. */
export function ServiceMap({ health }: { readonly health: Health }) {
  const services = new Map(reportedServices(health).map((service) => [service.service, service]));
  const dependencies = dependenciesOf(health);
  const needs = (need: Need) => needOf(dependencies, need);
  const works = (need: Need) => needs(need)?.status !== "fail";
  const card = (name: keyof typeof tasks) => (
    <ServiceCard name={name} task={tasks[name]} service={services.get(name)} />
  );
  const runs = (name: keyof typeof tasks) => isUp(services.get(name));
  const transport = works("transport");
  return (
    <ol className="map" aria-label="The way of an event, from its source to this page">
      <Stage>
        <Text size="sm" ta="center">
          Your systems
        </Text>
      </Stage>
      <Flow word="logs" flows={runs("audit-event-gateway")} />
      <Stage>
        {card("audit-event-gateway")}
        {card("audit-event-generator")}
      </Stage>
      <Flow word="events" flows={transport} />
      <Stage>
        <ResourceCard task="transport" dependency={needs("transport")} />
      </Stage>
      <Flow word="events" flows={transport && runs("audit-log-analysis")} />
      <Stage>
        {card("audit-log-analysis")}
        <Joint flows={works("windows")} />
        <ResourceCard task="windows of correlation" dependency={needs("windows")} />
        {services.has("audit-event-archive") ? card("audit-event-archive") : null}
      </Stage>
      <Flow word="alerts" flows={transport && runs("notification-service")} />
      <Stage>
        {card("notification-service")}
        <Joint flows={works("database")} />
        <ResourceCard task="database" dependency={needs("database")} />
      </Stage>
      <Flow word="API" flows={works("database") && runs("notification-service")} />
      <Stage>{card("event-audit-dashboard")}</Stage>
    </ol>
  );
}

function isUp(service: ServiceHealth | undefined): boolean {
  return service === undefined || service.status !== "fail";
}

function Stage({ children }: { readonly children: ReactNode }) {
  return <li className="map-stage">{children}</li>;
}

/** The line between a service and what it stands on. */
function Joint({ flows }: { readonly flows: boolean }) {
  return <span className={flows ? "map-joint" : "map-joint map-stopped"} aria-hidden />;
}

/** What goes from one stage to the next, and whether it does. */
function Flow({ word, flows }: { readonly word: string; readonly flows: boolean }) {
  return (
    <li className={flows ? "map-flow" : "map-flow map-stopped"}>
      <span className="map-word">{flows ? word : `no ${word}`}</span>
      <svg className="map-line map-across" viewBox="0 0 52 12" height="12" aria-hidden="true">
        <line x1="4" x2="44" y1="6" y2="6" />
        <path d="M41 1 L47 6 L41 11" />
      </svg>
      <svg className="map-down map-line" viewBox="0 0 12 30" width="12" height="30" aria-hidden="true">
        <line x1="6" x2="6" y1="2" y2="25" />
        <path d="M1 21 L6 27 L11 21" />
      </svg>
    </li>
  );
}
