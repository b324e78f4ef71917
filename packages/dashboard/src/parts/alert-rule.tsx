import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { AlertDetail, AlertDetailAnalysisRule } from "../client/generated/auditflow.ts";
import { Facts, Section } from "./facts.tsx";
import { ruleFilter } from "./filter-search.ts";
import { PageLink } from "./page-link.tsx";
import { RuleReferences } from "./rule-references.tsx";
import { RuleTags } from "./rule-tags.tsx";

/** The rule that fired, with its author, whom the Detection Rule License asks to be named. */
export function AlertRule({ alert }: { readonly alert: AlertDetail }) {
  const { analysis_rule: rule, severity } = alert;
  return (
    <Section
      title="Rule"
      aside={
        <PageLink to="/rules" search={{ rule: rule.rule_id }} size="sm">
          Among the rules
        </PageLink>
      }
    >
      <Facts
        facts={[
          ["Name", <RuleLink key="name" rule={rule} />],
          ["Description", rule.rule_description],
          ["Author", rule.author],
          ["Level", severity === "INFO" ? "informational" : severity.toLowerCase()],
          [
            "Version",
            <span key="version" className="mono">
              {rule.version}
            </span>,
          ],
          [
            "Id",
            <span key="id" className="mono">
              {rule.rule_id}
            </span>,
          ],
          ["Tags", rule.tags.length === 0 ? undefined : <RuleTags key="tags" tags={rule.tags} />],
          [
            "References",
            rule.references.length === 0 ? undefined : <RuleReferences key="r" of={rule.references} />,
          ],
        ]}
      />
    </Section>
  );
}

function RuleLink({ rule }: { readonly rule: AlertDetailAnalysisRule }) {
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => <Link to="/alerts" search={{ filter: ruleFilter(rule.rule_id) }} {...props} />}
    >
      {rule.rule_name}
    </Anchor>
  );
}
