export { createEvent, type EventInput } from "./event.ts";
export { loadRules, loadRulesInSteps, type RuleSource, silentRules } from "./load.ts";
export { parseDocuments, type RuleDocument } from "./parse-rule.ts";
export { applies, type RuleRoutes, routeRules } from "./route.ts";
export * from "./rule.ts";
