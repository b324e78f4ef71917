// The dependency rule of ARCHITECTURE.md, executable: data flows right, knowledge points left.
//
// contracts, sigma <- telemetry, transport, windows, database <- alerts
//   <- generate, ingest, detect, archive, notify, api <- app <- cli, main

const server = "^packages/server/src/";
const resources = "(?:telemetry|transport|windows|database)";
const stages = "(?:generate|ingest|detect|archive|notify|api)";
const adapters =
  `${server}(?:transport/(?:amqp|rabbitmq|sqlite|memory)|windows/(?:redis|sqlite|memory)|database/(?:postgres|sqlite))` +
  "[a-z0-9-]*(?:\\.ts$|/)";
const tests = "\\.test\\.ts$|/contract\\.ts$|^packages/server/testing/";

/** One rule: its name, why, and what may not import what. */
function forbid(name, comment, { from = {}, to }) {
  return { name, severity: "error", comment, from, to };
}

module.exports = {
  forbidden: [
    forbid("no-cycles", "Parts that import each other are one part.", { to: { circular: true } }),
    forbid(
      "contracts-and-sigma-stand-alone",
      "Both are used without the server: in browsers, by producers, from npm.",
      {
        from: { path: "^packages/(contracts|sigma)/" },
        to: { path: "^packages/", pathNot: "^packages/$1/" },
      },
    ),
    forbid("contracts-and-sigma-do-no-io", "They are functions of their input.", {
      from: { path: "^packages/(?:contracts|sigma)/src/", pathNot: tests },
      to: {
        path: "^(?:node:)?(?:fs|net|tls|dgram|dns|http|https|http2|child_process|worker_threads|cluster|timers)(?:/|$)",
      },
    }),
    forbid("resources-know-no-stage", "A resource serves whoever asks.", {
      from: { path: `${server}${resources}/` },
      to: { path: `${server}(?:alerts|${stages}|app|cli)/|${server}main\\.ts$` },
    }),
    forbid("alerts-know-no-stage", "What an alert is does not depend on who makes, sends or shows it.", {
      from: { path: `${server}alerts/` },
      to: { path: `${server}(?:${stages}|app|cli)/|${server}main\\.ts$` },
    }),
    forbid("stages-never-meet", "Stages speak through the transport or the database.", {
      from: { path: `${server}(${stages})/` },
      to: { path: `${server}${stages}/`, pathNot: `${server}$1/` },
    }),
    forbid(
      "alerts-are-for-notify-and-api",
      "Other stages make alert messages; they know nothing of stored alerts.",
      {
        from: { path: server, pathNot: `${server}(?:alerts|notify|api)/` },
        to: { path: `${server}alerts/` },
      },
    ),
    forbid("adapters-are-for-app-and-tests", "Nobody else can tell which adapter it was given.", {
      from: { path: "^packages/", pathNot: `${server}app/|${tests}|${adapters}` },
      to: { path: adapters },
    }),
    forbid("app-is-for-cli-and-main", "The place where the parts meet is known to none of them.", {
      from: {
        path: "^packages/",
        pathNot: `${server}(?:app|cli)/|${server}main\\.ts$|^packages/server/testing/`,
      },
      to: { path: `${server}app/` },
    }),
    forbid("cli-is-for-main", "Commands are the outermost layer.", {
      from: { path: "^packages/", pathNot: `${server}cli/|${server}main\\.ts$|^packages/server/testing/` },
      to: { path: `${server}cli/` },
    }),
    forbid("dashboard-knows-contracts-alone", "The page speaks REST only; the tables have one owner.", {
      from: { path: "^packages/dashboard/" },
      to: { path: "^packages/", pathNot: "^packages/(?:dashboard|contracts)/" },
    }),
    forbid("packages-know-no-tooling", "What is published does not reach outside of its package.", {
      from: { path: "^packages/" },
      to: { path: "^(?:scripts|scenarios|faults|bench|conformance|oracle|deploy)/" },
    }),
    forbid(
      "everything-resolves",
      "An import that cannot be followed is an import that no rule has looked at.",
      { to: { couldNotResolve: true } },
    ),
  ],
  options: {
    doNotFollow: { path: "(?:^|/)node_modules/" },
    exclude: { path: "(?:^|/)(?:dist|generated)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    // Without these names imports across packages are "unresolvable", also when they are built.
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["auditflow-source", "import", "node", "default"],
    },
  },
};
