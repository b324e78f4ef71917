import { Anchor, Badge, Group } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { AlertDetailAnalysisRule } from "../client/generated/auditflow.ts";
import { Facts, Section } from "./facts.tsx";
import { safeLink } from "./facts-event.ts";
import { ruleFilter } from "./filter-search.ts";

/** The rule that fired, with its author, whom the Detection Rule License asks to be named. */
export function AlertRule({ rule }: { readonly rule: AlertDetailAnalysisRule }) {
  return (
    <Section title="Rule">
      <Facts
        facts={[
          ["Name", <RuleLink key="name" rule={rule} />],
          ["Description", rule.rule_description],
          ["Author", rule.author],
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
          ["Tags", rule.tags.length === 0 ? undefined : <Tags key="tags" tags={rule.tags} />],
          [
            "References",
            rule.references.length === 0 ? undefined : <References key="r" of={rule.references} />,
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

function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <Group gap={4}>
      {[...new Set(tags)].map((tag) => (
        <Badge key={tag} variant="default" size="sm" tt="none" fw={500} maw="100%">
          {tag}
        </Badge>
      ))}
    </Group>
  );
}

/** Only what leads to the web becomes a link; the page that it leads to does not learn where the reader came from. */
function References({ of }: { readonly of: readonly string[] }) {
  return [...new Set(of)].map((reference) => {
    const href = safeLink(reference);
    return (
      <div key={reference}>
        {href === undefined ? (
          reference
        ) : (
          <Anchor href={href} target="_blank" rel="noreferrer" size="sm">
            {reference}
          </Anchor>
        )}
      </div>
    );
  });
}
