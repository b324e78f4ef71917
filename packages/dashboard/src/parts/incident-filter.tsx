import { type AlertStatus, alertStatuses } from "@auditflow/contracts";
import { Button } from "@mantine/core";
import { type IncidentsSearch, statusesOf, toggleStatus } from "./incident-search.ts";
import { statusLooks } from "./status.tsx";

interface FilterProps {
  readonly search: IncidentsSearch;
  readonly change: (search: IncidentsSearch) => void;
}

/** Narrows the incidents by status. */
export function IncidentStatuses({ search, change }: FilterProps) {
  const shown = statusesOf(search);
  return (
    <Button.Group aria-label="Status">
      {alertStatuses.map((status) => (
        <StatusToggle
          key={status}
          status={status}
          on={shown.includes(status)}
          toggle={() => change(toggleStatus(search, status))}
        />
      ))}
    </Button.Group>
  );
}

interface ToggleProps {
  readonly status: AlertStatus;
  readonly on: boolean;
  readonly toggle: () => void;
}

function StatusToggle({ status, on, toggle }: ToggleProps) {
  const { word, icon: Icon, color } = statusLooks[status];
  return (
    <Button
      size="compact-sm"
      variant="default"
      className="incident-toggle"
      aria-pressed={on}
      leftSection={<Icon size={13} aria-hidden style={{ color: `var(${color})` }} />}
      onClick={toggle}
    >
      {word}
    </Button>
  );
}
