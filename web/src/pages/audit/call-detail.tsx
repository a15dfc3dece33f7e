import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ToolCall } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { formatLatency } from "../../ui/format-numbers.ts";
import { ExactTime } from "../../ui/time.tsx";
import { AllowCall } from "./allow-call.tsx";
import { Facts } from "./detail-panel.tsx";
import { NO_CALL_FILTERS, type CallFilters } from "./filters.ts";
import { StatusBadge } from "./status.tsx";
import { describeErrorCode, describeRule } from "./words.ts";

/** The call that `CallDetail` shows. */
export interface CallDetailProps {
  slug: string;
  isMine: boolean;
  call: ToolCall;
  toMember: (call: ToolCall) => string;
}

/** All recorded fields of one call, with links to the calls that share one, and for a refused call the rule it lacks. */
export function CallDetail({ slug, isMine, call, toMember }: CallDetailProps) {
  return (
    <div className="flex flex-col gap-5">
      <Facts facts={toFacts(slug, isMine, call, toMember)} />
      {!isMine && <AllowCall key={call.id} slug={slug} call={call} />}
      <RelatedCalls slug={slug} isMine={isMine} call={call} />
    </div>
  );
}

const RESEND_REASONS = {
  session_lost: "The server had lost the session",
  header_mismatch: "The tool's schema had changed",
  token_refused: "The server refused the access token, which was renewed",
};

function toFacts(
  slug: string,
  isMine: boolean,
  call: ToolCall,
  toMember: CallDetailProps["toMember"],
): [string, ReactNode][] {
  const client = call.clientName === null ? "Unknown" : escapeLine(call.clientName);
  return [
    ["Time", <ExactTime key="time" at={call.createdAt} />],
    ["Outcome", <StatusBadge key="status" status={call.status} count={call.count} />],
    ["Error", <ErrorFact key="error" code={call.errorCode} />],
    ["Decided by", call.rule === null ? "Not recorded" : describeRule(call.rule)],
    ...(isMine ? [] : [["Member", toMember(call)] satisfies [string, string]]),
    ["Token", call.tokenLabel ?? call.tokenId ?? "None"],
    ["Server", <ServerFact key="server" slug={slug} call={call} />],
    ["Tool", escapeLine(call.toolName ?? "None")],
    ["Method", escapeLine(call.method)],
    ["Latency", formatLatency(call.latencyMs)],
    ["Client", client],
    ["Client version", escapeLine(call.clientVersion ?? "Unknown")],
    ["Protocol version", escapeLine(call.protocolVersion ?? "Unknown")],
    ["Sequence number", call.seq],
    ...(call.resendReason === null
      ? []
      : [["Sent a second time", RESEND_REASONS[call.resendReason]] satisfies [string, string]]),
  ];
}

function ErrorFact({ code }: { code: string | null }) {
  if (code === null) return "None";
  return (
    <>
      {describeErrorCode(code)}
      <span className="block font-mono text-xs text-dim">{escapeLine(code)}</span>
    </>
  );
}

function ServerFact({ slug, call }: { slug: string; call: ToolCall }) {
  const { serverSlug, serverName } = call;
  if (serverSlug === null) return "None";
  if (serverName === null) return serverSlug;
  return (
    <Link to="/w/$slug/servers/$server" params={{ slug, server: serverSlug }} className="link">
      {escapeLine(serverName)}
    </Link>
  );
}

function RelatedCalls({ slug, isMine, call }: Omit<CallDetailProps, "toMember">) {
  const { memberId, tokenId, serverSlug, toolName, clientName } = call;
  const isTemporary = tokenId?.startsWith("tmp_") ?? true;
  const links: [string, CallFilters | null][] = [
    ["All calls of this person", isMine || memberId === null ? null : { member: memberId }],
    ["All calls of this token", isTemporary ? null : { token: tokenId ?? undefined }],
    [
      "All calls of this tool",
      toolName === null ? null : { tool: `"${toolName}"`, server: serverSlug ?? undefined },
    ],
    ["All calls of this client", clientName === null ? null : { client: clientName }],
  ];
  return (
    <nav aria-label="Related calls" className="flex flex-col items-start gap-1.5 text-sm">
      {links.map(
        ([label, filters]) =>
          filters !== null && (
            <Link
              key={label}
              to="/w/$slug/audit"
              params={{ slug }}
              search={{ ...NO_CALL_FILTERS, ...filters }}
              className="link"
            >
              {label}
            </Link>
          ),
      )}
    </nav>
  );
}
