import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { describeDefaultAccessSetting } from "../access/settings-words.ts";
import { describeSignInClients } from "./describe-oauth.ts";

/** The settings of a workspace for those who only read them. */
export function ReadOnlySettings({ workspace }: { workspace: Workspace }) {
  const { name, defaultAccess, limits, retentionDays, publicRegistry, oauth } = workspace;
  const facts = [
    ["Name", <DisplayName key="name" name={name} />],
    [
      "Default access",
      `${defaultAccess === "open" ? "Open" : "Closed"}. ${describeDefaultAccessSetting(workspace)}`,
    ],
    ["Requests per minute per IP address", limits.perAddressPerMinute],
    ["Requests per minute per token", limits.perTokenPerMinute ?? "No limit"],
    ["Registry", publicRegistry ? "Readable without a token" : "Readable with a token only"],
    ["Sign-in from clients", describeSignInClients(oauth)],
    ["An access token is valid for", pluralize(oauth.accessHours, "hour")],
    ["A grant ends without use after", pluralize(oauth.idleDays, "day")],
    ["Calls and changes are kept for", pluralize(retentionDays, "day")],
  ] as const;
  return (
    <Section hint="Your role reads the settings and cannot change them." title="Present settings">
      <dl className="divide-y divide-line">
        {facts.map(([term, value]) => (
          <div key={term} className="grid gap-1 px-4 py-3 sm:grid-cols-[16rem_minmax(0,1fr)]">
            <dt className="text-dim">{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
