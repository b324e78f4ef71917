import type { RuleList } from "@auditflow/contracts";
import { Button, Code, Text } from "@mantine/core";
import { Empty } from "./states.tsx";

/** What stands there while no rule is in force: why, and what to do. */
export function NoRules({ list: { replicas } }: { readonly list: Pick<RuleList, "replicas"> }) {
  if (replicas.length === 0) return <Empty title="Nobody told of any rule" />;
  return (
    <Empty title="No rule is in force">
      <Text c="dimmed" ta="center" maw="34rem">
        Without a rule nothing is detected. Put Sigma rules (<Code>*.yml</Code>) in a folder of{" "}
        <Code>AUDITFLOW_RULES</Code>: they come in force within a second, without a restart.
      </Text>
    </Empty>
  );
}

/** What stands there when no rule is like what is asked for. */
export function NoSuchRules({ showAll }: { readonly showAll: () => void }) {
  return (
    <Empty title="No rule is like that">
      <Button size="xs" variant="default" onClick={showAll}>
        Show all rules
      </Button>
    </Empty>
  );
}
