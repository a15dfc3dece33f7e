import { useQuery } from "@tanstack/react-query";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { myRefusedCallsQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import type { Asked } from "./ask-form.tsx";
import { describeRefusal } from "./describe-refusal.ts";

/** The member's last refused calls, each with the reason and what to do. */
export function RefusedCalls({ slug, onAsk }: { slug: string; onAsk: (asked: Asked) => void }) {
  const calls = useQuery(myRefusedCallsQuery(slug));
  return (
    <Section title="Refused calls" hint="The last calls of yours that this workspace refused.">
      <Loaded query={calls}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="px-4 py-3 text-sm text-dim">None of your calls was refused.</p>
          ) : (
            <ul className="divide-y divide-line" aria-label="Refused calls">
              {items.map((call) => (
                <li key={call.id} className="px-4 py-3">
                  <p className="flex flex-wrap items-baseline gap-x-2">
                    <code className="font-mono text-[13px] wrap-anywhere">
                      {escapeLine(call.toolName ?? call.method)}
                    </code>
                    {call.serverSlug !== null && (
                      <span className="text-xs text-dim">of {call.serverSlug}</span>
                    )}
                    {call.count > 1 && <span className="text-xs text-dim">{call.count} times</span>}
                    <span className="ml-auto text-xs text-dim">
                      <Time at={call.createdAt} />
                    </span>
                  </p>
                  <p className="mt-0.5 text-xs">{describeRefusal(call)}</p>
                  {call.errorCode === "tool_not_allowed" && call.serverSlug !== null && (
                    <Button
                      size="sm"
                      className="mt-1.5"
                      onClick={() =>
                        onAsk({ server: call.serverSlug ?? "", tool: call.toolName ?? undefined })
                      }
                    >
                      Ask for {call.toolName ?? call.serverSlug}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
