import type { ActionRequest, AlertAction } from "@auditflow/contracts";
import { type RefObject, useState } from "react";
import { undoLast } from "../live/undo.ts";
import type { AlertTableHandle } from "./alert-table.tsx";
import { ListKeys, type ListPlaces, leaveList } from "./list-keys.tsx";
import { isAsked, TriageDialog } from "./triage-dialog.tsx";
import type { ListActions } from "./use-list-actions.ts";
import type { ChosenAlerts } from "./use-selection.ts";

const help = [
  { key: "j", does: "next alert" },
  { key: "k", does: "alert before" },
  { key: "Enter", does: "open the alert" },
  { key: "/", does: "go to the filter" },
  { key: "x", does: "choose the alert, with Shift all from the last one" },
  { key: "a", does: "acknowledge what is chosen, or the alert" },
  { key: "c", does: "close it, with a reason" },
  { key: "m", does: "assign it" },
  { key: "u", does: "undo what was done last" },
  { key: "p", does: "pause or resume live changes" },
  { key: "Esc", does: "choose none; leave the list, so that new alerts appear by themselves" },
];

interface KeysProps extends ListPlaces {
  readonly table: RefObject<AlertTableHandle | null>;
  readonly chosen: ChosenAlerts;
  readonly actions: ListActions;
  readonly pause: () => void;
}

interface Asked {
  readonly action: AlertAction;
  /** The alert with the focus: what is meant where nothing is chosen. */
  readonly alertId: string | undefined;
}

/** The keys of the list of alerts, and the questions that some of them ask. */
export function AlertListKeys({ table, input, chosen, actions, pause }: KeysProps) {
  const [asked, setAsked] = useState<Asked>();
  const count = chosen.all?.total ?? chosen.ids.length;
  const start = (action: AlertAction): void => {
    const alertId = table.current?.active();
    if (count === 0 && alertId === undefined) return;
    if (isAsked(action)) setAsked({ action, alertId });
    else void actions.act({ action }, alertId);
  };
  const choose = (range: boolean): void => {
    const id = table.current?.active();
    if (id !== undefined) chosen.toggle(id, range);
  };
  const chooseOne = (): void => choose(false);
  const chooseRange = (): void => choose(true);
  const quit = (): void => leave(chosen);
  const close = (): void => setAsked(undefined);
  const act = (deed: ActionRequest): void => {
    close();
    void actions.act(deed, asked?.alertId);
  };
  return (
    <>
      <ListKeys
        {...{ table, input, help }}
        more={{
          x: chooseOne,
          X: chooseRange,
          a: () => start("acknowledge"),
          c: () => start("close"),
          m: () => start("assign"),
          u: () => void undoLast(),
          p: pause,
          Escape: quit,
        }}
      />
      <TriageDialog
        action={asked?.action}
        subject={count > 1 ? `${count.toLocaleString("en-GB")} alerts` : "1 alert"}
        assignee={null}
        close={close}
        act={act}
      />
    </>
  );
}

function leave({ ids, all, clear }: ChosenAlerts): void {
  if (ids.length > 0 || all !== undefined) clear();
  else leaveList();
}
