import type { Flavour } from "../flavour.ts";

/**
 * Where an alert stands in the stream of changes, indexes that answer every list and histogram of alerts without
 * reading rows that are not shown, and the table `service_reports`.
 */
export function streamAndReports({ prefix, bigint, text, json, tableEnd, stamps }: Flavour): string[] {
  return [
    ...stamps,
    // What was stored before has no place in the stream: 0, before every place that is given out.
    `alter table ${prefix}alerts add column position ${bigint} not null default 0`,
    `create index alerts_by_position on ${prefix}alerts (position, alert_id)`,
    `drop index ${prefix}alerts_newest`,
    `create index alerts_newest on ${prefix}alerts (at desc, alert_id desc, severity, rule_id, merged_into)`,
    `drop index ${prefix}alerts_by_rule`,
    `create index alerts_by_rule on ${prefix}alerts (rule_id, severity, at desc, alert_id desc)`,
    `create table ${prefix}service_reports (
      report_id ${text} not null primary key,
      at ${bigint} not null,
      from_at ${bigint} not null,
      instance ${text} not null,
      version ${text} not null,
      services ${json("services")} not null,
      generated ${bigint} not null,
      accepted ${bigint} not null,
      evaluated ${bigint} not null
    )${tableEnd}`,
    // With the counts in it, a chart of a day never reads the rows.
    `create index service_reports_oldest on ${prefix}service_reports (at, report_id, generated, accepted, evaluated)`,
  ];
}
