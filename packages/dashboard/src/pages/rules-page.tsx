import type { RuleList } from "@auditflow/contracts";
import { Group, Text, Title } from "@mantine/core";
import { getRouteApi, useRouter, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { useReloadRules, useRules } from "../live/use-rules.ts";
import { ListKeys, leaveList } from "../parts/list-keys.tsx";
import { RuleDrawer } from "../parts/rule-drawer.tsx";
import { NoRules, NoSuchRules } from "../parts/rule-none.tsx";
import { ReloadButton, ReloadOutcome } from "../parts/rule-reload.tsx";
import { ruleRows } from "../parts/rule-rows.ts";
import {
  isNarrowed,
  type RuleSort,
  type RulesSearch,
  sortedBy,
  widened,
  withPart,
} from "../parts/rule-search.ts";
import { RuleSetPanel } from "../parts/rule-set-panel.tsx";
import { RuleTable, type RuleTableHandle } from "../parts/rule-table.tsx";
import { RuleTools } from "../parts/rule-tools.tsx";
import { Failure, Loading } from "../parts/states.tsx";
import { useHeldRows } from "../parts/use-held-rows.ts";
import "../parts/rule-page.css";

const route = getRouteApi("/rules");

/** The rules in force, what became of each, and whether all replicas have the same. */
export function RulesPage() {
  const { data, dataUpdatedAt, error, refetch } = useRules();
  const reloading = useReloadRules();
  useEffect(() => {
    document.title = "Rules - AuditFlow";
  }, []);
  const reload = <ReloadButton reloading={reloading} />;
  const outcome = (
    <>
      <ReloadOutcome reloading={reloading} />
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
    </>
  );
  if (data !== undefined) return <Loaded list={data} answeredAt={dataUpdatedAt} {...{ reload, outcome }} />;
  return (
    <div className="list-page rules-page">
      <Head>{reload}</Head>
      {outcome}
      {error === null ? <Loading rows={12} height={24} /> : null}
    </div>
  );
}

function Head({ count, children }: { readonly count?: string | undefined; readonly children: ReactNode }) {
  return (
    <Group justify="space-between" gap="xs">
      <Group gap="sm" align="baseline">
        <Title order={1}>Rules</Title>
        {count === undefined ? null : (
          <Text size="sm" c="dimmed" aria-live="polite">
            {count}
          </Text>
        )}
      </Group>
      <Group gap={6}>{children}</Group>
    </Group>
  );
}

interface LoadedProps {
  readonly list: RuleList;
  readonly answeredAt: number;
  readonly reload: ReactNode;
  readonly outcome: ReactNode;
}

function Loaded({ list, answeredAt, reload, outcome }: LoadedProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const table = useRef<RuleTableHandle>(null);
  const input = useRef<HTMLInputElement>(null);
  const all = useMemo(() => ruleRows(list), [list]);
  const rows = useHeldRows({ rows: all, answeredAt, search, box });
  const close = useCloseRule();
  const change = (next: RulesSearch): void =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const sort = (by: RuleSort): void => change(sortedBy(search, by));
  return (
    <div className="list-page rules-page">
      <Head count={countWords(rows.length, all.length, isNarrowed(search))}>
        {reload}
        <ListKeys {...{ table, input, help }} more={{ Escape: leaveList }} />
      </Head>
      {outcome}
      <RuleSetPanel list={list} />
      {all.length === 0 ? (
        <NoRules list={list} />
      ) : (
        <>
          <RuleTools {...{ search, change, input }} />
          <div className="rule-frame">
            {rows.length === 0 ? (
              <NoSuchRules showAll={() => change(widened(search))} />
            ) : (
              <RuleTable {...{ rows, search, sort, box }} handle={table} />
            )}
          </div>
        </>
      )}
      <RuleDrawer ruleId={search.rule} rows={all} replicas={list.replicas} close={close} />
    </div>
  );
}

const help = [
  { key: "j", does: "next rule" },
  { key: "k", does: "rule before" },
  { key: "Enter", does: "open the rule" },
  { key: "/", does: "go to the words" },
  { key: "Esc", does: "leave the list, so that it is put in order again by itself; close the rule" },
];

/** Closes the open rule: by going back where it was opened from the list, so that Back does not open it again. */
function useCloseRule(): () => void {
  const navigate = route.useNavigate();
  const { history } = useRouter();
  const isFromRules = useRouterState({ select: ({ location }) => location.state.fromRules === true });
  return () => {
    if (isFromRules) history.back();
    else
      void navigate({
        search: (before) => withPart(before, { rule: undefined }),
        replace: true,
        resetScroll: false,
      });
  };
}

function countWords(shown: number, all: number, narrowed: boolean): string | undefined {
  if (all === 0) return undefined;
  const total = all.toLocaleString("en-GB");
  return narrowed ? `${shown.toLocaleString("en-GB")} of ${total} shown` : `all ${total} shown`;
}
