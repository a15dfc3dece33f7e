import { Fragment, useMemo, type ReactNode } from "react";
import {
  escapeHidden,
  escapeLine,
} from "../../../../../workers/contract/text/hidden-characters.ts";
import { toLinkAddress } from "./link-address.ts";
import { parseReadme, type ReadmeElement, type ReadmeNode } from "./parse-readme.ts";

const CLASSES: Partial<Record<ReadmeElement["tag"], string>> = {
  blockquote: "border-l-2 border-line pl-3 text-dim",
  ul: "list-disc pl-6",
  ol: "list-decimal pl-6",
  hr: "border-line",
  pre: "overflow-x-auto rounded border border-line bg-soft p-3 font-mono text-xs leading-5",
  code: "rounded bg-soft px-1 py-0.5 font-mono text-xs",
  th: "border border-line px-2 py-1 text-left font-medium",
  td: "border border-line px-2 py-1 align-top",
};
/** The page's own headings are h1 and h2. */
const HEADINGS: Partial<Record<ReadmeElement["tag"], "h3" | "h4" | "h5" | "h6">> = {
  h1: "h3",
  h2: "h4",
  h3: "h5",
  h4: "h6",
  h5: "h6",
  h6: "h6",
};
const ALIGNMENTS = { left: "text-left", center: "text-center", right: "text-right" };

/**
 * The text of a README: elements of React from its Markdown, without HTML, images, ids and styles. Hidden characters
 * are escaped. `sourceUrl`: its page, to which its links are relative.
 */
export function ReadmeText({ text, sourceUrl }: { text: string; sourceUrl: string }) {
  const { nodes, isCut } = useMemo(() => parseReadme(text), [text]);
  return (
    <div className="flex flex-col gap-3 text-sm leading-6 wrap-anywhere [&_li>ol]:mt-1 [&_li>ul]:mt-1">
      {toNodes(nodes, sourceUrl)}
      {isCut && (
        <p className="text-dim italic">
          The README is shortened here: the rest is too long, nested too deeply, or has too many
          brackets.
        </p>
      )}
    </div>
  );
}

function toNodes(nodes: ReadmeNode[], sourceUrl: string): ReactNode {
  return nodes.map((node, index) =>
    typeof node === "string" ? (
      <Fragment key={index}>{escapeHidden(node)}</Fragment>
    ) : (
      <Element key={index} element={node} sourceUrl={sourceUrl} />
    ),
  );
}

function Element({ element, sourceUrl }: { element: ReadmeElement; sourceUrl: string }) {
  const { tag: Tag, children, href, start, align } = element;
  const content = toNodes(children, sourceUrl);
  const Heading = HEADINGS[Tag];
  if (Heading) return <Heading className="mt-2 font-semibold">{content}</Heading>;
  switch (Tag) {
    case "br":
    case "hr":
      return <Tag className={CLASSES[Tag]} />;
    case "a":
      return (
        <ReadmeLink address={toLinkAddress(href ?? "", sourceUrl)} href={href ?? ""}>
          {content}
        </ReadmeLink>
      );
    case "pre":
      return (
        <pre className={CLASSES.pre} tabIndex={0} aria-label="code">
          {content}
        </pre>
      );
    case "table":
      return (
        <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="table">
          <table className="border-collapse text-sm">{content}</table>
        </div>
      );
    case "ol":
      return (
        <ol start={start} className={CLASSES.ol}>
          {content}
        </ol>
      );
    case "th":
    case "td":
      return <Tag className={`${CLASSES[Tag]} ${align ? ALIGNMENTS[align] : ""}`}>{content}</Tag>;
    default:
      return <Tag className={CLASSES[Tag]}>{content}</Tag>;
  }
}

/** A link that tells the other site nothing of this one; only the text where its address is not one to open. */
function ReadmeLink({
  address,
  href,
  children,
}: {
  address: string | null;
  href: string;
  children: ReactNode;
}) {
  // Sections of the README have no ids here.
  if (address === null || href.startsWith("#")) return children;
  return (
    <a
      href={address}
      title={escapeLine(address)}
      target="_blank"
      rel="noopener noreferrer nofollow ugc"
      className="link"
    >
      {children}
    </a>
  );
}
