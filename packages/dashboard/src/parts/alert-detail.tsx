import { Stack } from "@mantine/core";
import { type Alert, getGetAlertsAlertIdUrl } from "../client/generated/auditflow.ts";
import "./alert-detail.css";
import { AlertEvidence } from "./alert-evidence.tsx";
import { AlertHeader } from "./alert-header.tsx";
import { AlertRule } from "./alert-rule.tsx";
import { AlertSpan } from "./alert-span.tsx";
import { AlertWho } from "./alert-who.tsx";
import { AlertWhy } from "./alert-why.tsx";
import { JsonSection } from "./json-section.tsx";

/** All of one alert: what, why, who, when, and what it rests on. */
export function AlertDetail({ alert }: { readonly alert: Alert }) {
  return (
    <Stack gap="md">
      <AlertHeader alert={alert} />
      <div className="detail">
        <div className="detail-column">
          <AlertWhy alert={alert} />
          <AlertEvidence alert={alert} />
        </div>
        <div className="detail-column">
          <AlertWho alert={alert} />
          <AlertSpan alert={alert} />
          <AlertRule rule={alert.analysis_rule} />
        </div>
      </div>
      <JsonSection data={alert} path={getGetAlertsAlertIdUrl(alert.alert_id)} />
    </Stack>
  );
}
