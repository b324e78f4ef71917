import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { type ChannelsSearch, readChannelsSearch } from "../parts/channel-search.ts";
import { type OverviewSearch, readOverviewSearch } from "../parts/chart-range.ts";
import { type AlertsSearch, readAlertsSearch } from "../parts/filter-search.ts";
import { type IncidentsSearch, readIncidentsSearch } from "../parts/incident-search.ts";
import { type RulesSearch, readRulesSearch } from "../parts/rule-search.ts";
import { Door } from "./door.tsx";
import { NotFound } from "./not-found.tsx";
import { parseSearch, stringifySearch } from "./search-text.ts";

const root = createRootRoute({ component: Door, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/overview-page.tsx"), "OverviewPage"),
  validateSearch: (search): OverviewSearch => readOverviewSearch(search),
});

const alerts = createRoute({
  getParentRoute: () => root,
  path: "/alerts",
  component: lazyRouteComponent(() => import("../pages/alerts-page.tsx"), "AlertsPage"),
  validateSearch: (search): AlertsSearch => readAlertsSearch(search),
});

const alert = createRoute({
  getParentRoute: () => root,
  path: "/alerts/$alertId",
  component: lazyRouteComponent(() => import("../pages/alert-page.tsx"), "AlertPage"),
});
const incidents = createRoute({
  getParentRoute: () => root,
  path: "/incidents",
  component: lazyRouteComponent(() => import("../pages/incidents-page.tsx"), "IncidentsPage"),
  validateSearch: (search): IncidentsSearch => readIncidentsSearch(search),
});
const incident = createRoute({
  getParentRoute: () => root,
  path: "/incidents/$incidentId",
  component: lazyRouteComponent(() => import("../pages/incident-page.tsx"), "IncidentPage"),
});
const channels = createRoute({
  getParentRoute: () => root,
  path: "/channels",
  component: lazyRouteComponent(() => import("../pages/channels-page.tsx"), "ChannelsPage"),
  validateSearch: (search): ChannelsSearch => readChannelsSearch(search),
});
const rules = createRoute({
  getParentRoute: () => root,
  path: "/rules",
  component: lazyRouteComponent(() => import("../pages/rules-page.tsx"), "RulesPage"),
  validateSearch: (search): RulesSearch => readRulesSearch(search),
});
const services = createRoute({
  getParentRoute: () => root,
  path: "/services",
  component: lazyRouteComponent(() => import("../pages/services-page.tsx"), "ServicesPage"),
});
const generator = createRoute({
  getParentRoute: () => root,
  path: "/generator",
  component: lazyRouteComponent(() => import("../pages/generator-page.tsx"), "GeneratorPage"),
});

/** Every page and its address; what a page shows is in its address too. */
export const router = createRouter({
  routeTree: root.addChildren([
    ...[overview, alerts, alert, incidents, incident, rules, channels, services, generator],
  ]),
  defaultPreload: "intent",
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
