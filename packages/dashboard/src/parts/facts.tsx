import { Paper, Title } from "@mantine/core";
import type { ReactNode } from "react";
import "./facts.css";

interface SectionProps {
  readonly title: string;
  /** What stands at the right of the title, such as buttons. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A titled box of a page with details. */
export function Section({ title, aside, children }: SectionProps) {
  return (
    <Paper withBorder p="sm" component="section" className="section">
      <div className="section-head">
        <Title order={2}>{title}</Title>
        {aside === undefined ? null : <div className="section-aside">{aside}</div>}
      </div>
      {children}
    </Paper>
  );
}

/** A name and what stands for it; left out where nothing does. */
export type Fact = readonly [name: string, value: ReactNode];

/** Names with their values, one a line; a long value breaks inside its own box. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return (
    <dl className="facts">
      {known.map(([name, value]) => (
        <div key={name} className="fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
