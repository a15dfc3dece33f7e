import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type {
  AccessExplanation,
  RuleOfHolder,
} from "../../../../workers/contract/api/access-explanation.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { explanationQuery } from "../../api/access-requests.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time, TimeUntil } from "../../ui/time.tsx";
import { describeDecision, describeRuleOf, OBSTACLES } from "./describe-explanation.ts";

/** Whose access to what is explained. `tool` null: the whole server. */
interface Explained {
  memberId: string;
  name: string;
  server: string;
  tool: string | null;
}

/** A button that explains whether a member may call a tool: by which rule, since when, added by which person, and until when. */
export function WhyButton(explained: Explained) {
  const slug = useWorkspaceSlug();
  const [isOpen, setIsOpen] = useState(false);
  const { name, server, tool } = explained;
  const title = escapeLine(`${name}: ${tool ?? "everything"} of ${server}`);
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Why, for ${escapeLine(name)}`}
        onClick={() => setIsOpen(true)}
      >
        Why
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title={title}>
        {isOpen && <Explanation slug={slug} explained={explained} />}
      </Dialog>
    </>
  );
}

function Explanation({ slug, explained }: { slug: string; explained: Explained }) {
  const { memberId: member, server, tool } = explained;
  const query = useQuery(explanationQuery(slug, { member, server, tool }));
  return (
    <Loaded query={query}>
      {(explanation) => (
        <div className="flex flex-col gap-3 text-sm">
          <p>{describeDecision(explanation)}</p>
          {explanation.decidedBy && <Terms rule={explanation.decidedBy} />}
          <Obstacles explanation={explanation} />
          {explanation.others.length > 0 && (
            <div>
              <h3 className="text-xs font-medium">Other rules about it</h3>
              <ul className="mt-1 flex flex-col gap-1 text-xs" aria-label="Other rules">
                {explanation.others.map((rule) => (
                  <li key={`${rule.holder.id} ${rule.rule}`} className="wrap-anywhere">
                    {rule.effect === "denies" ? "Denies" : "Allows"}: {describeRuleOf(rule)}
                    {!rule.isInForce && " (ended)"}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </div>
      )}
    </Loaded>
  );
}

/** Since when a rule is there, who added it, and when it ends. */
function Terms({ rule: { since, by, byName, endsAt } }: { rule: RuleOfHolder }) {
  return (
    <p className="text-xs text-dim">
      {since === null ? (
        "It is not known since when it is there."
      ) : (
        <>
          Added <Time at={since} />
          {by !== null && ` by ${escapeLine(byName ?? by)}`}.
        </>
      )}
      {endsAt !== null && (
        <>
          {" "}
          End: <TimeUntil at={endsAt} />.
        </>
      )}
    </p>
  );
}

function Obstacles({
  explanation: { obstacles, refusedTokens },
}: {
  explanation: AccessExplanation;
}) {
  if (obstacles.length + refusedTokens.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 text-sm text-warn" aria-label="What else refuses calls">
      {obstacles.map((obstacle) => (
        <li key={obstacle}>{OBSTACLES[obstacle]}</li>
      ))}
      {refusedTokens.map(({ id, label, cause }) => (
        <li key={id}>
          The token {escapeLine(label)} is{" "}
          {cause === "token_tools" ? "narrowed to other tools" : "suspended"}.
        </li>
      ))}
    </ul>
  );
}
