import { Button, NativeSelect } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { AlertsSearch } from "./filter-search.ts";
import "./time-range.css";

/** The spans that are counted back from now, as the address has them. */
const spans = [
  { value: "now-15m", label: "Last 15 minutes" },
  { value: "now-1h", label: "Last hour" },
  { value: "now-24h", label: "Last 24 hours" },
  { value: "now-7d", label: "Last 7 days" },
  { value: "now-30d", label: "Last 30 days" },
] as const;

const all = { value: "all", label: "Any time" };
const picked = { value: "custom", label: "From … to …" };

type Range = Pick<AlertsSearch, "from" | "to">;

interface RangeProps {
  readonly range: Range;
  readonly change: (range: Range) => void;
}

/** Which times the list covers: a span up to now, which moves along, or from one moment to another. */
export function TimeRange({ range, change }: RangeProps) {
  const [custom, setCustom] = useState(false);
  const { from, to } = range;
  const chosen = from === undefined && to === undefined ? "all" : to === undefined ? from : undefined;
  const isBack = chosen?.startsWith("now-") ?? false;
  const isCustom = custom || !(chosen === "all" || isBack);
  const isOther = isBack && !spans.some(({ value }) => value === chosen);
  const other = isOther ? [{ value: chosen ?? "", label: `Since ${chosen}` }] : [];
  const choose = (value: string): void => {
    setCustom(value === "custom");
    if (value !== "custom") change(value === "all" ? {} : { from: value });
  };
  return (
    <div className="time-range">
      <NativeSelect
        size="xs"
        aria-label="Time range"
        className="time-range-choice"
        data={[all, ...spans, ...other, picked]}
        value={isCustom ? "custom" : (chosen ?? "all")}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {isCustom ? <Moments key={`${from} ${to}`} range={range} change={change} /> : null}
    </div>
  );
}

/** Two moments in the zone of the reader; either may be left out. */
function Moments({ range, change }: RangeProps) {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [from, to] = ["from", "to"].map((name) => isoOf(String(fields.get(name) ?? "")));
    change({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  };
  return (
    <form className="time-moments" onSubmit={submit}>
      <label>
        From <input type="datetime-local" step={1} name="from" defaultValue={localOf(range.from)} />
      </label>
      <label>
        to <input type="datetime-local" step={1} name="to" defaultValue={localOf(range.to)} />
      </label>
      <Button size="compact-sm" variant="default" type="submit">
        Show
      </Button>
    </form>
  );
}

function isoOf(local: string): string | undefined {
  const at = Date.parse(local);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** A moment as a field for local times takes it. */
function localOf(at: string | undefined): string {
  const date = new Date(at ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
