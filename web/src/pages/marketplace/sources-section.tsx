import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Section } from "../../ui/page.tsx";
import { Day } from "../../ui/time.tsx";
import type { CatalogueServer } from "./catalogue-server.ts";
import { describeSource } from "./describe-source.ts";

/** The sources of an entry, in the order of their authority. */
export function SourcesSection({ sources }: Pick<CatalogueServer, "sources">) {
  return (
    <Section title="Sources" hint="Each fact is from the first of these sources that states it.">
      <ul className="divide-y divide-line">
        {sources.map(({ source, name, asOf }) => (
          <li
            key={`${source} ${name}`}
            className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 px-4 py-3 text-sm"
          >
            <span className="min-w-0 wrap-anywhere">
              <span className="font-medium">{describeSource(source)}</span> lists it as{" "}
              <code className="font-mono text-xs">{escapeLine(name)}</code>
            </span>
            <span className="text-xs text-dim">
              as of <Day at={asOf} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
