import { CircleAlert, CircleCheck } from "lucide-react";
import { Suspense } from "react";
import type { z } from "zod";
import type { ServerTest } from "../../../../workers/contract/api/server-test.ts";
import { lazyComponent } from "../../load-code.ts";
import { formatLatency, pluralize } from "../../ui/format-numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { describeProtocol } from "./describe-server.ts";
import { WarningList } from "./warning-list.tsx";

const ComparedChanges = lazyComponent(
  () => import("./contract/compared-changes.tsx"),
  "ComparedChanges",
);

/** Result of a connection test: the error, or the detected protocol and the server's features. */
export function TestResult({ result }: { result: z.infer<typeof ServerTest> }) {
  const { error, detected, tools, prompts, resources, warnings, latencyMs, definitions } = result;
  if (error)
    return (
      <Section className="flex items-start gap-2.5 p-4">
        <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
        <div role="alert">
          <p className="font-medium">Could not connect to an MCP server at this URL</p>
          <p className="text-dim">{error.message}</p>
        </div>
      </Section>
    );
  return (
    <Section>
      <div
        role="status"
        className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-3"
      >
        <CircleCheck className="size-4 text-ok" aria-hidden />
        <p className="mr-auto font-medium">
          Connected in {formatLatency(latencyMs)}: {pluralize(tools.length, "tool")},{" "}
          {pluralize(prompts, "prompt")}, {pluralize(resources, "resource")}
        </p>
        {detected && (
          <>
            <Badge>{describeProtocol(detected)}</Badge>
          </>
        )}
      </div>
      <p className="border-b border-line px-4 py-2 text-xs text-dim">
        {describeMarks(definitions)} All of them are approved with the server. What it shows
        otherwise later is held until an admin approves it.
      </p>
      <WarningList warnings={warnings} className="border-b border-line py-2" />
      <div
        className="max-h-[32rem] overflow-y-auto p-4"
        tabIndex={0}
        role="region"
        aria-label="What the server shows"
      >
        <Suspense>
          <ComparedChanges
            changes={definitions.map(({ json, ...one }) => ({
              ...one,
              change: "added",
              before: null,
              after: json,
            }))}
          />
        </Suspense>
      </div>
    </Section>
  );
}

/** How many definitions need a second look: an ordinary new one is of severity medium. */
function describeMarks(definitions: z.infer<typeof ServerTest>["definitions"]): string {
  const marked = definitions.filter(
    ({ severity }) => severity === "critical" || severity === "high",
  ).length;
  if (marked === 0) return "";
  return `${pluralize(marked, "definition needs", "definitions need")} a second look, the worst first.`;
}
