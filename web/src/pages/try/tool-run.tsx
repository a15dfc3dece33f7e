import { CircleAlert, Play, Square, SquareTerminal } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import { escapeHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { AnnotationBadges } from "../../ui/annotation-badges.tsx";
import { Button } from "../../ui/button.tsx";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { ArgumentsEditor } from "./arguments-editor.tsx";
import type { PastCall } from "./call-history.ts";
import { CallProgressBar, Elapsed } from "./call-progress.tsx";
import { confirmTool, isConfirmed, readEffect, type ToolEffect } from "./confirmations.ts";
import { CurlDialog } from "./curl-dialog.tsx";
import { DestructiveDialog } from "./destructive-dialog.tsx";
import { ExchangeSection } from "./exchange-section.tsx";
import { QuestionSection } from "./question-section.tsx";
import { ToolResult } from "./tool-result.tsx";
import { useArguments } from "./use-arguments.ts";
import { CancelledCall, describeCallError, useToolCall } from "./use-tool-call.ts";

type Tool = z.infer<typeof CallableTool>;

interface Props {
  slug: string;
  tool: Tool;
  /** A call to make again, with its arguments. */
  repeated: PastCall | undefined;
  getToken: () => Promise<string>;
  onEnded: (call: PastCall) => void;
}

/** One tool: its description, its arguments, its current call, and the result of the last one. */
export function ToolRun({ slug, tool, repeated, getToken, onEnded }: Props) {
  const input = useArguments(tool.inputSchema, repeated?.input);
  const { call, cancel, progress, question, exchanges } = useToolCall({
    slug,
    tool,
    getToken,
    onEnded,
  });
  const effect = readEffect(tool.annotations);
  const [isAsking, setIsAsking] = useState(false);
  const run = () => input.parsed.ok && call.mutate(input.parsed.value);
  const attempt = (isForced: boolean) => {
    if (!input.check() && !isForced) return;
    if (effect.isDestructive && !isConfirmed(slug, tool.exposedName)) setIsAsking(true);
    else run();
  };
  useRepetition(repeated, () => attempt(true));
  return (
    <>
      <Section>
        <ToolHeader tool={tool} effect={effect} />
        <div className="flex flex-col gap-4 p-4">
          <ArgumentsEditor
            {...input}
            isBusy={call.isPending}
            onTextChange={input.setText}
            onDataChange={input.setData}
            onSubmit={() => attempt(false)}
          />
          <Actions
            slug={slug}
            tool={tool}
            input={input}
            isBusy={call.isPending}
            onCall={attempt}
            onCancel={cancel}
          />
        </div>
      </Section>
      {call.isPending && progress && !question && <CallProgressBar progress={progress} />}
      {question && <QuestionSection key={question.id} question={question} />}
      {call.error && <CallError error={call.error} />}
      {call.data && <ToolResult {...call.data} />}
      <ExchangeSection exchanges={exchanges} />
      <DestructiveDialog
        isOpen={isAsking}
        toolName={tool.exposedName}
        isStated={effect.isStated}
        onClose={() => setIsAsking(false)}
        onConfirm={(isForSession) => {
          setIsAsking(false);
          if (isForSession) confirmTool(slug, tool.exposedName);
          run();
        }}
      />
    </>
  );
}

function CallError({ error }: { error: Error }) {
  if (error instanceof CancelledCall) return <Notice tone="info">{error.message}</Notice>;
  return (
    <div role="alert" className="card flex items-start gap-2.5 border-bad p-4">
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      <p className="min-w-0 wrap-anywhere">{describeCallError(error)}</p>
    </div>
  );
}

/** Makes a call again, once. */
function useRepetition(repeated: PastCall | undefined, attempt: () => void): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (!repeated || isDone.current) return;
    isDone.current = true;
    attempt();
  }, [repeated, attempt]);
}

function ToolHeader({ tool, effect }: { tool: Tool; effect: ToolEffect }) {
  const { isReadOnly, isDestructive, isStated } = effect;
  return (
    <div className="border-b border-line px-4 py-3">
      <h2 className="font-mono text-[13px] wrap-anywhere">
        <ForeignName name={tool.exposedName} />
      </h2>
      {tool.description !== null && (
        <p className="mt-0.5 max-h-40 overflow-y-auto wrap-anywhere whitespace-pre-wrap text-dim">
          {escapeHidden(tool.description)}
        </p>
      )}
      <p className="mt-2 flex flex-wrap items-center gap-1.5 text-xs text-dim">
        The server says:
        <AnnotationBadges annotations={tool.annotations} />
        {isStated && !isReadOnly && !isDestructive && <Badge>Not destructive</Badge>}
        {!isStated && <Badge tone="warn">Nothing about changes of data</Badge>}
      </p>
    </div>
  );
}

interface ActionsProps {
  slug: string;
  tool: Tool;
  input: ReturnType<typeof useArguments>;
  isBusy: boolean;
  onCall: (isForced: boolean) => void;
  onCancel: () => void;
}

function Actions({ slug, tool, input, isBusy, onCall, onCancel }: ActionsProps) {
  const [hasCurl, setHasCurl] = useState(false);
  const { parsed, errors } = input;
  const value = useMemo(() => (parsed.ok ? parsed.value : {}), [parsed]);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button variant="primary" isBusy={isBusy} disabled={!parsed.ok} onClick={() => onCall(false)}>
        {!isBusy && <Play className="size-3.5" aria-hidden />}
        {isBusy ? "Calling…" : "Call tool"}
      </Button>
      {isBusy && (
        <>
          <Button onClick={onCancel}>
            <Square className="size-3.5" aria-hidden />
            Cancel call
          </Button>
          <Elapsed />
        </>
      )}
      {!isBusy && errors.length > 0 && parsed.ok && (
        <Button onClick={() => onCall(true)}>Call anyway</Button>
      )}
      <Button variant="ghost" disabled={!parsed.ok} onClick={() => setHasCurl(true)}>
        <SquareTerminal className="size-4" aria-hidden />
        Copy as curl
      </Button>
      <CurlDialog
        isOpen={hasCurl}
        onClose={() => setHasCurl(false)}
        slug={slug}
        toolName={tool.exposedName}
        input={value}
      />
    </div>
  );
}
