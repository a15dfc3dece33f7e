import { useMutation, useQuery } from "@tanstack/react-query";
import type { Reading } from "../../../../../client-config/read.ts";
import type { EndpointResult } from "../../../../../workers/contract/api/workshop-check.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { ApiError } from "../../../api/api-error.ts";
import { meQuery } from "../../../api/me.ts";
import { checkEndpoints } from "../../../api/workshop-check.ts";
import { Button } from "../../../ui/button.tsx";
import { Badge, Section, type Tone } from "../../../ui/page.tsx";

/** Most addresses of one request. */
const MAX_URLS = 20;
const OUTCOMES: Record<EndpointResult["outcome"], { label: string; tone: Tone }> = {
  answered: { label: "Answers", tone: "ok" },
  protected: { label: "Wants a sign-in", tone: "ok" },
  failed: { label: "No MCP server", tone: "bad" },
  skipped: { label: "Not asked", tone: "neutral" },
};

const HINT =
  "Sends these addresses to this gateway, which makes a handshake with each. No header and no secret of the file is sent. What follows “?” is left out.";
const VISITOR_HINT = "Sign in to have this gateway make a handshake with these addresses.";

/** The addresses of a configuration, which the gateway asks when the person wants it. */
export function EndpointsSection({ reading }: { reading: Reading }) {
  const urls = listUrls(reading);
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const asked = useMutation({ mutationFn: checkEndpoints });
  if (urls.length === 0) return null;
  return (
    <Section
      title="Check endpoints"
      hint={me === undefined ? VISITOR_HINT : HINT}
      actions={
        me && (
          <Button isBusy={asked.isPending} onClick={() => asked.mutate(urls)}>
            Check endpoints
          </Button>
        )
      }
    >
      {asked.error && (
        <p role="alert" className="p-4 text-bad">
          {asked.error instanceof ApiError
            ? asked.error.message
            : "The addresses could not be asked."}
        </p>
      )}
      <ul aria-label="Addresses" className="divide-y divide-line">
        {urls.map((url) => {
          const found = asked.data?.find((item) => item.url === url);
          return (
            <li key={url} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
              <code className="min-w-0 flex-1 basis-56 font-mono text-xs wrap-anywhere">
                {escapeHidden(url)}
              </code>
              {found && (
                <>
                  <Badge tone={OUTCOMES[found.outcome].tone}>{OUTCOMES[found.outcome].label}</Badge>
                  {found.problem !== null && found.outcome !== "protected" && (
                    <p className="w-full text-xs wrap-anywhere text-dim">
                      {escapeHidden(found.problem)}
                    </p>
                  )}
                </>
              )}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

/** Addresses without users, queries and fragments, which can have secrets. One with a reference in it is no address yet. */
function listUrls({ configuration }: Reading): string[] {
  const urls = configuration.servers.flatMap(({ connection }) => {
    if (connection.kind !== "remote") return [];
    const { template, raw } = connection.url;
    if (template.some((part) => typeof part !== "string") || !URL.canParse(raw)) return [];
    const { protocol, origin, pathname } = new URL(raw);
    return /^https?:$/.test(protocol) ? [origin + pathname] : [];
  });
  return [...new Set(urls)].slice(0, MAX_URLS);
}
