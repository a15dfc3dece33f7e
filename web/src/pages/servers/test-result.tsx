import { CircleAlert, CircleCheck } from "lucide-react";
import { Suspense } from "react";
import type { z } from "zod";
import type { ServerTest } from "../../../../workers/contract/api/server-test.ts";
import { compareSeverities } from "../../../../workers/contract/severity.ts";
import { lazyComponent } from "../../load-code.ts";
import { formatLatency, pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { describeProtocol } from "./describe-server.ts";
import { isTooLarge } from "./seen-contract.ts";
import { WarningList } from "./warning-list.tsx";

const ComparedChanges = lazyComponent(
  () => import("./contract/compared-changes.tsx"),
  "ComparedChanges",
);

type Result = z.infer<typeof ServerTest>;

/**
 * Result of a connection test: the error, or the detected protocol and the server's features. `isForSlug`: whether the slug is
 * still the one of the test.
 */
export function TestResult({ result, isForSlug }: { result: Result; isForSlug: boolean }) {
  const { error, detected, tools, prompts, resources, warnings, latencyMs } = result;
  const { definitions, earlier } = result;
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
        {describeMarks(definitions)}{" "}
        {isTooLarge(result)
          ? "They are too large to be approved with the server: clients get nothing of it until an admin approves them on its Contract tab."
          : "All of them are approved with the server. What it shows otherwise, then or later, is held until an admin approves it."}
      </p>
      <WarningList warnings={warnings} className="border-b border-line py-2" />
      <Suspense>{earlier && isForSlug && <Earlier changes={earlier.changes} />}</Suspense>
      <div
        className="max-h-[32rem] overflow-y-auto p-4"
        tabIndex={0}
        role="region"
        aria-label="What the server shows"
      >
        <Suspense>
          <ComparedChanges
            changes={definitions.toSorted(compareSeverities).map(({ json, ...one }) => ({
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

/** How the server differs from the last contract of an earlier server with its slug. */
function Earlier({ changes }: Pick<NonNullable<Result["earlier"]>, "changes">) {
  return (
    <div className="flex flex-col gap-3 border-b border-line p-4">
      <Notice tone={changes.length === 0 ? "info" : "warn"}>
        The workspace had a server with this slug.{" "}
        {changes.length === 0
          ? "This one shows what was approved of that one last."
          : `This one differs in ${pluralize(changes.length, "definition")} from what was approved of that one last, the worst first:`}
      </Notice>
      {changes.length > 0 && (
        <div
          className="max-h-[32rem] overflow-y-auto"
          tabIndex={0}
          role="region"
          aria-label="Differences from the earlier server"
        >
          <ComparedChanges changes={changes} />
        </div>
      )}
    </div>
  );
}

/** How many definitions need a second look: an ordinary new one is of severity medium. */
function describeMarks(definitions: Result["definitions"]): string {
  const marked = definitions.filter(
    ({ severity }) => severity === "critical" || severity === "high",
  ).length;
  if (marked === 0) return "";
  return `${pluralize(marked, "definition needs", "definitions need")} a second look, the worst first.`;
}
