import { BadgeCheck, Server } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { MarketplaceServer } from "../../../../workers/contract/api/marketplace.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Badge, type Tone } from "../../ui/page.tsx";
import { OutsideLink } from "./outside-link.tsx";

type ShownBadge = MarketplaceServer["badges"][number] & { servers?: number };

const TEXTS: Record<ShownBadge["badge"], { label: string; meaning: (subject: string) => string }> =
  {
    "registry-verified": {
      label: "Verified namespace",
      meaning: (subject) =>
        `The official registry lists entries in ${subject} only from those who have proven that this GitHub account or domain is theirs.`,
    },
    "domain-verified": {
      label: "Verified domain",
      meaning: (subject) =>
        `The publisher has proven to the official registry, by DNS or a file on the website, that ${subject} or a domain above it is theirs.`,
    },
    "repository-owner": {
      label: "Owns the repository",
      meaning: (subject) =>
        `The repository is of ${subject} on GitHub, the account of which the official registry has verified the namespace.`,
    },
    "claimed-here": {
      label: "Claimed here",
      meaning: (subject) =>
        `A person of this gateway has proven to be able to publish for ${subject}: the file has a line that the gateway gave for this namespace. The gateway looks for it every week.`,
    },
  };

/** Of the badge "Claimed here", where the namespace is that of a company that lists servers of others. */
const CLAIMED_BY_HOST = (company: string, subject: string) =>
  `A person of this gateway has proven to be able to publish for ${subject}, which is ${company}, not the author of a server.`;

interface Props {
  badges: ShownBadge[];
  hostedBy: string | null;
}

/** What is proven of a publisher. A pointer, the focus or a tap on a badge shows its meaning and its evidence. */
export function PublisherBadges({ badges, hostedBy }: Props) {
  return (
    <span className="relative inline-flex flex-wrap gap-1.5">
      {hostedBy !== null && (
        <ExplainedBadge
          tone="warn"
          label={
            <>
              <Server className="size-3.5" aria-hidden />
              Hosted by {hostedBy}
            </>
          }
        >
          {hostedBy} lists servers of other people here and runs them. What is verified is{" "}
          {hostedBy}, not the author of a server.
        </ExplainedBadge>
      )}
      {badges.map(({ badge, subject, evidence, servers }) => (
        <ExplainedBadge
          key={badge}
          tone="accent"
          label={
            <>
              <BadgeCheck className="size-3.5" aria-hidden />
              {TEXTS[badge].label}
            </>
          }
        >
          {badge === "claimed-here" && hostedBy !== null
            ? CLAIMED_BY_HOST(hostedBy, escapeLine(subject))
            : TEXTS[badge].meaning(escapeLine(subject))}
          {servers !== undefined && ` Servers for which it is so: ${servers}.`}
          <span className="mt-2 block">
            Evidence: <OutsideLink url={evidence} />
          </span>
        </ExplainedBadge>
      ))}
    </span>
  );
}

function ExplainedBadge({
  tone,
  label,
  children,
}: {
  tone: Tone;
  label: ReactNode;
  children: ReactNode;
}) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <span
      className="inline-flex sm:relative"
      onPointerEnter={({ pointerType }) => {
        if (pointerType === "mouse") setIsOpen(true);
      }}
      onPointerLeave={({ pointerType }) => {
        if (pointerType === "mouse") setIsOpen(false);
      }}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) setIsOpen(false);
      }}
    >
      <button
        type="button"
        aria-expanded={isOpen}
        onKeyDown={({ key }) => {
          if (key === "Escape") setIsOpen(false);
        }}
        onFocus={() => setIsOpen(true)}
        // Safari does not focus a button that is clicked.
        onClick={() => setIsOpen(true)}
      >
        <Badge tone={tone}>{label}</Badge>
      </button>
      {isOpen && (
        // Its distance to the badge is a part of it, so that the pointer can move onto it.
        <span className="absolute top-full left-0 z-30 block w-72 max-w-[calc(100vw-2rem)] pt-1.5">
          <span className="popup block px-3 py-2 text-xs font-normal whitespace-normal text-ink">
            {children}
          </span>
        </span>
      )}
    </span>
  );
}
