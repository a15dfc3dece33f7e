import { Link } from "@tanstack/react-router";
import type { Event } from "../../../../workers/contract/api/resources.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { ExactTime } from "../../ui/time.tsx";
import { Facts } from "./detail-panel.tsx";
import { NO_EVENT_FILTERS, type EventFilters } from "./filters.ts";

/** A change as a sentence; the reader's own begin with “You”. */
export function toSentence({ actor, actorName, summary }: Event, ownId: string): string {
  const isOwn = actor === ownId && actorName !== null && summary.startsWith(`${actorName} `);
  return isOwn ? `You${summary.slice(actorName.length)}` : summary;
}

/** A change as a sentence, with its subject in bold. */
export function Sentence({ event, ownId }: { event: Event; ownId: string }) {
  const sentence = toSentence(event, ownId);
  const subject = [`${event.actorName} (removed)`, event.actorName, "You", "The operator"].find(
    (name) => name !== null && sentence.startsWith(`${name} `),
  );
  if (subject === undefined || subject === null) return sentence;
  return (
    <>
      <span className="font-medium">{subject}</span>
      {sentence.slice(subject.length)}
    </>
  );
}

/** All recorded fields of one change, with links to those that share one. */
export function EventDetail({ slug, event, ownId }: { slug: string; event: Event; ownId: string }) {
  const { actor, action, object, objectName, detail } = event;
  const isPerson = /^(user:)?usr_/.test(actor);
  const person = /^(?:member|user):(.*)$/.exec(object)?.[1];
  const isOfActor = objectName !== null && objectName === event.actorName;
  const links: [string, EventFilters | null][] = [
    [
      `All changes by or of ${event.actorName ?? "this actor"}`,
      isPerson ? { person: actor.replace(/^user:/, "") } : null,
    ],
    [
      `All changes by or of ${objectName ?? "this person"}`,
      person === undefined || isOfActor ? null : { person },
    ],
    ["All changes of this object", person === undefined ? { object } : null],
    ["All changes of this kind", { action }],
  ];
  return (
    <div className="flex flex-col gap-5">
      <p className="text-sm">
        <Sentence event={event} ownId={ownId} />.
      </p>
      <Facts
        facts={[
          ["Time", <ExactTime key="time" at={event.occurredAt} />],
          ["Actor", event.actorName ?? actor],
          ["Action", <code key="action">{escapeLine(action)}</code>],
          ["Object", escapeLine(objectName ?? object)],
        ]}
      />
      <CodeBlock
        contentName="change details"
        text={escapeHidden(JSON.stringify(detail, null, 2))}
      />
      <nav aria-label="Related changes" className="flex flex-col items-start gap-1.5 text-sm">
        {links.map(
          ([label, filters]) =>
            filters !== null && (
              <Link
                key={label}
                to="/w/$slug/audit"
                params={{ slug }}
                search={{ ...NO_EVENT_FILTERS, tab: "events", ...filters }}
                className="link"
              >
                {label}
              </Link>
            ),
        )}
      </nav>
    </div>
  );
}
