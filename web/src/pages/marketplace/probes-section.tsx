import { useState } from "react";
import type { RemoteTool } from "../../../../workers/contract/api/marketplace-probes.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { AnnotationBadges } from "../../ui/annotation-badges.tsx";
import { Button } from "../../ui/button.tsx";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { formatCount, pluralize } from "../../ui/format-numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { Day } from "../../ui/time.tsx";
import type { CatalogueServer } from "./catalogue-server.ts";
import { describeProbe } from "./describe-probe.ts";
import { DriftSection } from "./drift-section.tsx";

type Probe = CatalogueServer["probes"][number];

/** Tools that are shown at first. */
const SHOWN_TOOLS = 12;

/** What the addresses of a server respond without credentials: its tools, and what has changed. */
export function ProbesSection({ server }: { server: CatalogueServer }) {
  const { name, probes } = server;
  return (
    <>
      <Section
        title="Tools"
        hint="As the server lists them without credentials, inspected about once a day. Its hints are not checked."
      >
        {probes.length === 0 ? (
          <p className="px-4 py-3 text-sm text-dim">
            Not inspected: only addresses without variables are, and this server has none.
          </p>
        ) : (
          <ul className="divide-y divide-line">
            {probes.map((probe) => (
              <li key={probe.url}>
                <RemoteRow probe={probe} />
              </li>
            ))}
          </ul>
        )}
      </Section>
      {probes.length > 0 && <DriftSection name={name} isOfSeveral={probes.length > 1} />}
    </>
  );
}

function RemoteRow({ probe }: { probe: Probe }) {
  const { url, probedAt, outcome, listedAt, tools } = probe;
  const { tone, label, text } = describeProbe(probe);
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-3 text-sm">
        <code className="min-w-0 font-mono text-xs wrap-anywhere">{escapeLine(url)}</code>
        <Badge tone={tone}>{label}</Badge>
        <span className="min-w-0 flex-1 basis-72 text-dim wrap-anywhere">{escapeHidden(text)}</span>
        {probedAt !== null && (
          <span className="text-xs text-dim">
            inspected <Day at={probedAt} />
          </span>
        )}
      </div>
      {tools !== null && listedAt !== null && (
        <ToolList tools={tools} listedAt={outcome === "listed" ? null : listedAt} />
      )}
    </>
  );
}

/** `listedAt`: not null if they are from an earlier inspection. */
function ToolList({ tools, listedAt }: { tools: RemoteTool[]; listedAt: number | null }) {
  const [isWhole, setIsWhole] = useState(false);
  const tokens = tools.reduce((sum, tool) => sum + tool.tokens, 0);
  const shown = isWhole ? tools : tools.slice(0, SHOWN_TOOLS);
  return (
    <div className="border-t border-line">
      <p className="px-4 pt-3 text-xs text-dim">
        {pluralize(tools.length, "tool")}, about {formatCount(tokens)} tokens of definitions
        {listedAt !== null && (
          <>
            , as listed <Day at={listedAt} />
          </>
        )}
      </p>
      <ul className="divide-y divide-line">
        {shown.map((tool) => (
          <li key={tool.name} className="flex items-start gap-3 px-4 py-3">
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-center gap-2">
                <code className="font-mono text-[13px] font-medium wrap-anywhere">
                  <ForeignName name={tool.name} />
                </code>
                <AnnotationBadges annotations={tool.annotations} />
              </p>
              <p className="mt-0.5 text-xs text-dim wrap-anywhere whitespace-pre-line">
                {tool.description === null ? (
                  <span className="italic">No description</span>
                ) : (
                  escapeHidden(tool.description)
                )}
              </p>
            </div>
            <span className="shrink-0 text-xs text-dim tabular-nums">
              ~{formatCount(tool.tokens)} tokens
            </span>
          </li>
        ))}
      </ul>
      {shown.length < tools.length && (
        <div className="border-t border-line px-4 py-3">
          <Button onClick={() => setIsWhole(true)}>Show all {tools.length} tools</Button>
        </div>
      )}
    </div>
  );
}
