import { Button, Group, Paper, Text, VisuallyHidden } from "@mantine/core";
import { useThrottledValue } from "@mantine/hooks";
import { useCallback, useRef } from "react";
import { type LiveIncidents, useIncidents } from "../live/use-incidents.ts";
import type { IncidentsSearch } from "./incident-search.ts";
import { IncidentTable } from "./incident-table.tsx";
import { Empty, Failure, Loading } from "./states.tsx";

interface ListProps {
  readonly search: IncidentsSearch;
  /** Shows every incident, whatever its status. */
  readonly widen: () => void;
  /** Takes the filter away; undefined: there is none. */
  readonly clear: (() => void) | undefined;
}

/** The incidents that a search shows, or what stands there while there are none. */
export function IncidentList({ search, widen, clear }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const mayEnter = useCallback(() => !isBeingRead(box.current), []);
  const live = useIncidents(search, mayEnter);
  const { query, rows } = live;
  if (query.data === undefined) {
    return query.error === null ? (
      <Loading rows={8} height={30} />
    ) : (
      <Failure error={query.error} retry={() => void query.refetch()} />
    );
  }
  return (
    <>
      {query.error === null ? null : <Failure error={query.error} retry={() => void query.refetch()} />}
      <Changes live={live} />
      {rows.length === 0 ? (
        <NoIncidents widen={widen} clear={clear} />
      ) : (
        <Paper withBorder px="sm" py={4} ref={box}>
          <IncidentTable incidents={rows} />
        </Paper>
      )}
      {rows.length === 0 ? null : <Further live={live} />}
    </>
  );
}

/** New rows would move those that somebody looks at. */
function isBeingRead(box: HTMLElement | null): boolean {
  return window.scrollY > 0 || (box?.contains(document.activeElement) ?? false);
}

/** What differs from the rows that are shown, and why rows are not there any more. */
function Changes({ live: { pending, left, admit, forget } }: { readonly live: LiveIncidents }) {
  const said = useThrottledValue(
    `${pending === 0 ? "" : newWords(pending)} ${left === 0 ? "" : leftWords(left)}`.trim(),
    5_000,
  );
  const show = (): void => {
    admit();
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      <VisuallyHidden aria-live="polite">{said}</VisuallyHidden>
      {pending === 0 && left === 0 ? null : (
        <Group gap="xs">
          {pending === 0 ? null : (
            <Button size="compact-sm" onClick={show}>
              {newWords(pending)}: show
            </Button>
          )}
          {left === 0 ? null : (
            <Text size="sm" c="dimmed">
              {leftWords(left)}
            </Text>
          )}
          {left === 0 ? null : (
            <Button size="compact-sm" variant="subtle" onClick={forget}>
              All right
            </Button>
          )}
        </Group>
      )}
    </>
  );
}

function newWords(pending: number): string {
  return pending === 1 ? "1 new incident" : `${pending.toLocaleString("en-GB")} new incidents`;
}

function leftWords(left: number): string {
  return left === 1
    ? "1 incident left the list: it no longer matches"
    : `${left.toLocaleString("en-GB")} incidents left the list: they no longer match`;
}

function Further({ live: { rows, query } }: { readonly live: LiveIncidents }) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  return (
    <Group gap="sm">
      <Text size="sm" c="dimmed">
        {rows.length.toLocaleString("en-GB")} loaded, {hasNextPage ? "more below" : "all there are"}
      </Text>
      {hasNextPage ? (
        <Button
          size="compact-sm"
          variant="default"
          loading={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Load more
        </Button>
      ) : null}
    </Group>
  );
}

function NoIncidents({ widen, clear }: Pick<ListProps, "widen" | "clear">) {
  return (
    <Empty title="No incident is like that">
      <Text c="dimmed" ta="center" maw="34rem">
        Alerts about the same rule, person and resource become one incident. New ones appear here by
        themselves.
      </Text>
      <Group gap="xs" justify="center">
        {clear === undefined ? null : (
          <Button size="xs" variant="default" onClick={clear}>
            Clear the filter
          </Button>
        )}
        <Button size="xs" variant="default" onClick={widen}>
          Show incidents of every status
        </Button>
      </Group>
    </Empty>
  );
}
