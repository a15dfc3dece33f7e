import { Progress } from "@base-ui/react/progress";
import { useMutation } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import { ApiError, describeError } from "../../api/api-error.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import { Section } from "../../ui/page.tsx";
import { ToolForm } from "./tool-form.tsx";
import { ToolResult, type ToolCallResult } from "./tool-result.tsx";

interface Props {
  slug: string;
  tool: z.infer<typeof CallableTool>;
  /** Returns a short-lived token of the signed-in member. */
  getToken: () => Promise<string>;
}

/** One tool: its description, its input form, and the result of the last call. */
export function ToolRun({ slug, tool, getToken }: Props) {
  const [data, setData] = useState<Record<string, unknown>>({});
  const [progress, setProgress] = useState<{ done: number; total: number | undefined }>();
  const call = useMutation({
    mutationFn: async (input: Record<string, unknown>): Promise<ToolCallResult> => {
      setProgress(undefined);
      // Loaded on demand: the client library is as large as the page.
      const [{ callTool }, token] = await Promise.all([import("./gateway-client.ts"), getToken()]);
      return callTool(toGatewayUrl(slug), token, tool.exposedName, input, (done, total) =>
        setProgress({ done, total }),
      );
    },
  });
  return (
    <>
      <Section>
        <div className="border-b border-line px-4 py-3">
          <h2 className="font-mono text-[13px] wrap-anywhere">{tool.exposedName}</h2>
          {tool.description !== null && <p className="mt-0.5 text-dim">{tool.description}</p>}
        </div>
        <div className="p-4">
          <ToolForm
            schema={tool.inputSchema}
            data={data}
            isBusy={call.isPending}
            onChange={setData}
            onSubmit={(input) => call.mutate(input)}
          />
        </div>
      </Section>
      {call.isPending && progress && (
        <Progress.Root
          aria-label="Progress"
          value={progress.total === undefined ? null : progress.done}
          max={progress.total ?? 100}
          className="card flex items-center gap-3 px-4 py-3"
        >
          <Progress.Track className="h-1.5 flex-1 overflow-hidden rounded-full bg-softer">
            <Progress.Indicator className="h-full rounded-full bg-accent transition-all" />
          </Progress.Track>
          <span className="text-xs text-dim tabular-nums">
            {progress.done}
            {progress.total !== undefined && ` of ${progress.total}`}
          </span>
        </Progress.Root>
      )}
      {call.error && (
        <div role="alert" className="card flex items-start gap-2.5 border-bad p-4">
          <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
          <p className="min-w-0 wrap-anywhere">{toCallErrorMessage(call.error)}</p>
        </div>
      )}
      {call.data && <ToolResult {...call.data} />}
    </>
  );
}

/** The error message. The client library's errors carry the gateway's message. */
function toCallErrorMessage(error: Error): string {
  return error instanceof ApiError ? describeError(error) : error.message;
}
