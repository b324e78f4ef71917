import type { ActionRequest, AlertAction, AlertStatus } from "@auditflow/contracts";
import { Button, Group } from "@mantine/core";
import {
  CheckCheck,
  Eye,
  type LucideIcon,
  RotateCcw,
  SquareCheck,
  StickyNote,
  UserRound,
} from "lucide-react";
import { type RefObject, useImperativeHandle, useState } from "react";
import { isAsked, TriageDialog } from "./triage-dialog.tsx";

/** What a key can ask of the buttons: does the action, or opens its dialog; what does not fit now is left. */
export interface TriageHandle {
  readonly start: (action: AlertAction) => void;
}

interface ActionsProps {
  /** The status of what is acted on; undefined: several alerts, which may differ. */
  readonly status: AlertStatus | undefined;
  readonly assignee?: string | null;
  /** What is acted on, as in "Close this alert". */
  readonly subject: string;
  /** An action is on its way. */
  readonly busy: boolean;
  readonly act: (deed: ActionRequest) => void;
  readonly handle?: RefObject<TriageHandle | null>;
}

interface ActionLook {
  readonly action: AlertAction;
  readonly word: string;
  readonly icon: LucideIcon;
  /** The statuses it is for. */
  readonly from: readonly AlertStatus[];
}

const all: readonly AlertStatus[] = ["open", "acknowledged", "resolved", "closed"];

const looks: readonly ActionLook[] = [
  { action: "acknowledge", word: "Acknowledge", icon: Eye, from: ["open"] },
  { action: "resolve", word: "Resolve", icon: CheckCheck, from: ["open", "acknowledged"] },
  { action: "close", word: "Close…", icon: SquareCheck, from: ["open", "acknowledged", "resolved"] },
  { action: "reopen", word: "Reopen", icon: RotateCcw, from: ["acknowledged", "resolved", "closed"] },
  { action: "assign", word: "Assign…", icon: UserRound, from: all },
  { action: "note", word: "Note…", icon: StickyNote, from: all },
];

/** What can be done to an alert, an incident or several alerts in their status, each as a button. */
export function TriageActions({ status, assignee, subject, busy, act, handle }: ActionsProps) {
  const [asked, setAsked] = useState<AlertAction>();
  const fitting = looks.filter(({ from }) => status === undefined || from.includes(status));
  const start = (action: AlertAction): void => {
    if (busy || !fitting.some((look) => look.action === action)) return;
    if (isAsked(action)) setAsked(action);
    else act({ action });
  };
  useImperativeHandle(handle, () => ({ start }));
  const decide = (deed: ActionRequest): void => {
    setAsked(undefined);
    act(deed);
  };
  return (
    <>
      <Group gap={6} role="group" aria-label={`Actions on ${subject}`}>
        {fitting.map(({ action, word, icon: Icon }) => (
          <Button
            key={action}
            size="compact-sm"
            variant="default"
            leftSection={<Icon size={13} aria-hidden />}
            disabled={busy}
            onClick={() => start(action)}
          >
            {word}
          </Button>
        ))}
      </Group>
      <TriageDialog
        action={asked}
        subject={subject}
        assignee={assignee ?? null}
        close={() => setAsked(undefined)}
        act={decide}
      />
    </>
  );
}
