/** Settings that a pod has no use for, by variable, each with the reason. */
export const unsetOnKubernetes: Readonly<Record<string, string>> = {
  AUDITFLOW_DEMO: "synthetic events come from audit-event-generator, by its API",
  AUDITFLOW_DATA: "services apart keep nothing in a folder",
  AUDITFLOW_HOST: "the image listens on all addresses of its pod",
  AUDITFLOW_PORT: "each service has its own port, which its Service and its probes name",
  AUDITFLOW_LOG_FORMAT: "the image logs JSON lines",
  AUDITFLOW_DISK_BUDGET: "there is no data folder to limit",
};
