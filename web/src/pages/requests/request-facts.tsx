import type { ReactNode } from "react";
import type { ServerRequest } from "../../../../workers/contract/api/marketplace-requests.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { Badge, type Tone } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { EntryLink } from "./entry-link.tsx";

const GRADE_TONES: Record<string, Tone> = { A: "ok", B: "ok", C: "accent", D: "warn", F: "bad" };

const STATUS: Record<ServerRequest["status"], { label: string; tone: Tone }> = {
  open: { label: "Open", tone: "accent" },
  fulfilled: { label: "Added", tone: "ok" },
  declined: { label: "Declined", tone: "warn" },
  withdrawn: { label: "Withdrawn", tone: "neutral" },
};

/** The server that is asked for, with the status of the request if it is `isStatusShown`; `children`: more badges. */
export function RequestTitle(props: {
  request: ServerRequest;
  isStatusShown: boolean;
  children?: ReactNode;
}) {
  const { name, entry, status } = props.request;
  return (
    <div>
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium wrap-anywhere">
          <ForeignName name={entry?.title ?? name} />
        </span>
        {props.children}
        {props.isStatusShown && <Badge tone={STATUS[status].tone}>{STATUS[status].label}</Badge>}
      </p>
      {entry !== null && (
        <p className="font-mono text-xs wrap-anywhere text-dim">
          <EntryLink name={name} />
        </p>
      )}
    </div>
  );
}

/** Grade and score of an entry. */
export function Grade({ entry: { grade, score } }: { entry: NonNullable<ServerRequest["entry"]> }) {
  if (grade === null) return <Badge>Not rated</Badge>;
  return (
    <Badge tone={GRADE_TONES[grade] ?? "neutral"}>
      {grade}, {score} of 100
    </Badge>
  );
}

/** What an admin decides on: version, age, how the server is run, and what speaks against it. */
export function EntryFacts({ entry }: { entry: ServerRequest["entry"] }) {
  if (entry === null)
    return (
      <p className="text-xs text-warn">
        The marketplace does not have this entry any more: its sources have deleted it.
      </p>
    );
  const ways = [
    ...(entry.hasRemote ? ["remote address"] : []),
    ...(entry.hostedAs === null ? [] : ["can be hosted here"]),
  ];
  const facts = [
    entry.version === null ? "version unknown" : `version ${escapeLine(entry.version)}`,
    ways.length === 0 ? "runs on a person’s machine only" : ways.join(", "),
    entry.repositoryUrl === null ? "no repository known" : escapeLine(entry.repositoryUrl),
  ];
  return (
    <div className="flex flex-col gap-1 text-xs text-dim">
      {entry.description !== null && (
        <p className="max-w-prose wrap-anywhere text-ink">{escapeHidden(entry.description)}</p>
      )}
      <p className="flex flex-wrap gap-x-3 wrap-anywhere">
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
        <span>
          updated {entry.updatedAt === null ? "at an unknown time" : <Time at={entry.updatedAt} />}
        </span>
      </p>
      {entry.status === "deprecated" && (
        <p className="text-warn">
          Deprecated
          {entry.statusMessage === null ? "." : `: “${escapeHidden(entry.statusMessage)}”`}
        </p>
      )}
    </div>
  );
}

/** A text that a person wrote, with its line breaks. */
export function Quote({ text }: { text: string }) {
  return (
    <blockquote className="max-w-prose border-l-2 border-line pl-3 text-sm wrap-anywhere whitespace-pre-line">
      {escapeHidden(text)}
    </blockquote>
  );
}
