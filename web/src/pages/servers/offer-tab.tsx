import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import type { ServerToolCatalogue } from "../../../../workers/contract/api/resources.ts";
import { serverOfferQuery } from "../../api/workspace.ts";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";

type Offered = z.infer<typeof ServerToolCatalogue>["prompts"];

interface Props {
  slug: string;
  server: string;
  kind: "prompts" | "resources";
}

/** A server's prompts, or its resources and their templates, as last seen. */
export function OfferTab({ slug, server, kind }: Props) {
  const offer = useQuery(serverOfferQuery(slug, server));
  return (
    <Loaded query={offer}>
      {({ prompts, resources, templates, warnings }) => (
        <div className="flex flex-col gap-4">
          {warnings.length > 0 && (
            <ul className="rounded-lg bg-warn-soft px-4 py-3 text-xs text-warn">
              {warnings.map((warning) => (
                <li key={warning}>{warning}</li>
              ))}
            </ul>
          )}
          {kind === "prompts" ? (
            <List items={prompts} none="This server has no prompts" />
          ) : (
            <>
              <List items={resources} none="This server has no resources" />
              {templates.length > 0 && <List title="Templates" items={templates} none="" />}
            </>
          )}
        </div>
      )}
    </Loaded>
  );
}

function List({ title, items, none }: { title?: string; items: Offered; none: string }) {
  if (items.length === 0) return <EmptyState title={none} />;
  return (
    <Section {...(title === undefined ? {} : { title })}>
      <ul className="divide-y divide-line">
        {items.map(({ key, title: name, description }) => (
          <li key={key} className="px-4 py-3">
            {name !== null && <p className="font-medium">{name}</p>}
            <p className="font-mono text-xs wrap-anywhere">{key}</p>
            {description !== null && <p className="mt-0.5 text-xs text-dim">{description}</p>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
