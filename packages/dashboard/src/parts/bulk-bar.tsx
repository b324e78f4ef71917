import type { ActionRequest } from "@auditflow/contracts";
import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { getAlerts } from "../client/generated/auditflow.ts";
import { problemWords } from "../client/problem-words.ts";
import { tell } from "../live/undo.ts";
import "./bulk-bar.css";
import { TriageActions } from "./triage-actions.tsx";
import { type AllThatMatch, type ChosenAlerts, mostByHand } from "./use-selection.ts";

interface BulkProps {
  readonly chosen: ChosenAlerts;
  /** The whole filter of the list. */
  readonly filter: string;
  /** How many rows are loaded, and whether the service has more. */
  readonly loaded: number;
  readonly more: boolean;
  readonly busy: boolean;
  readonly act: (deed: ActionRequest) => void;
}

/** What is chosen, always with its number, and what can be done to it. */
export function BulkBar({ chosen, filter, loaded, more, busy, act }: BulkProps) {
  const { ids, all, clear } = chosen;
  const count = all?.total ?? ids.length;
  if (count === 0 && all === undefined) return null;
  const tooMany = all === undefined && ids.length > mostByHand;
  const subject = count === 1 ? "1 alert" : `${count.toLocaleString("en-GB")} alerts`;
  return (
    <section className="bulk-bar" aria-label="Chosen alerts">
      <Text size="sm" fw={600} component="span" aria-live="polite">
        {all === undefined ? `${subject} chosen` : `All ${subject} that match are chosen`}
      </Text>
      <MoreToChoose key={ids.length} {...{ chosen, filter, loaded, more }} />
      {tooMany ? (
        <Text size="sm" component="span">
          At most {mostByHand.toLocaleString("en-GB")} can be acted on one by one: choose all that match
        </Text>
      ) : (
        <TriageActions status={undefined} subject={subject} busy={busy} act={act} />
      )}
      <Button size="compact-sm" variant="subtle" onClick={clear}>
        Choose none
      </Button>
    </section>
  );
}

type MoreProps = Pick<BulkProps, "chosen" | "filter" | "loaded" | "more">;

/** Once every loaded row is chosen: the way to all that match, with both numbers. */
function MoreToChoose({ chosen, filter, loaded, more }: MoreProps) {
  const [total, setTotal] = useState<AllThatMatch>();
  const [counting, setCounting] = useState(false);
  if (chosen.all !== undefined || chosen.ids.length < loaded || !more) return null;
  const count = async (): Promise<void> => {
    setCounting(true);
    const counted = await countAll(filter).catch((error: unknown) => tell(problemWords(error), "failed"));
    setCounting(false);
    if (counted) setTotal(counted);
  };
  const here = `${loaded.toLocaleString("en-GB")} loaded`;
  return total === undefined ? (
    <Button size="compact-sm" variant="default" loading={counting} onClick={() => void count()}>
      {here}: count all that match
    </Button>
  ) : (
    <Button size="compact-sm" variant="default" onClick={() => chosen.chooseAll(total)}>
      {here}: choose all {total.total.toLocaleString("en-GB")} that match
    </Button>
  );
}

/** How many alerts match a filter now. @throws ProblemError or UnreachableError. */
export async function countAll(filter: string): Promise<AllThatMatch> {
  const { total = 0, as_of } = await getAlerts({
    limit: 1,
    total: true,
    ...(filter === "" ? {} : { filter }),
  });
  return { total, asOf: as_of };
}
