import { Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { type AlertDetail as Detail, getGetAlertsAlertIdUrl } from "../client/generated/auditflow.ts";
import "./alert-detail.css";
import { AlertEvidence } from "./alert-evidence.tsx";
import { AlertHeader } from "./alert-header.tsx";
import { AlertRule } from "./alert-rule.tsx";
import { AlertSpan } from "./alert-span.tsx";
import { AlertWho } from "./alert-who.tsx";
import { AlertWhy } from "./alert-why.tsx";
import { JsonSection } from "./json-section.tsx";

interface DetailProps {
  readonly alert: Detail;
  /** What can be done to it, below its head. */
  readonly actions: ReactNode;
  /** What was done to it. */
  readonly history: ReactNode;
}

/** All of one alert: what, why, who, when, what it rests on, and what people did about it. */
export function AlertDetail({ alert, actions, history }: DetailProps) {
  return (
    <Stack gap="md">
      <AlertHeader alert={alert} />
      {actions}
      <div className="detail">
        <div className="detail-column">
          <AlertWhy alert={alert} />
          <AlertEvidence alert={alert} />
        </div>
        <div className="detail-column">
          <AlertWho alert={alert} />
          <AlertSpan alert={alert} />
          {history}
          <AlertRule alert={alert} />
        </div>
      </div>
      <JsonSection data={alert} path={getGetAlertsAlertIdUrl(alert.alert_id)} />
    </Stack>
  );
}
