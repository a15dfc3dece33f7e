import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import type { ServerToolCatalogue } from "../../../../workers/contract/api/resources.ts";
import { useCan } from "../../api/me.ts";
import { serverFeaturesQuery } from "../../api/workspace.ts";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { CatalogueWarnings } from "./catalogue-warnings.tsx";

type Feature = z.infer<typeof ServerToolCatalogue>["prompts"][number];

interface Props {
  slug: string;
  server: string;
  kind: "prompts" | "resources" | "skills";
}

/** Tab with a server's prompts, its skills, or its resources and resource templates, as last listed. */
export function FeaturesTab({ slug, server, kind }: Props) {
  const isManager = useCan(slug, "server.manage");
  const none = (what: string) =>
    isManager ? `This server has no ${what}` : `This server has no ${what} that you may use`;
  const features = useQuery(serverFeaturesQuery(slug, server));
  return (
    <Loaded query={features}>
      {({ prompts, resources, templates, skills }) => (
        <div className="flex flex-col gap-4">
          <CatalogueWarnings slug={slug} server={server} />
          {kind === "prompts" && <FeatureList items={prompts} emptyTitle={none("prompts")} />}
          {kind === "skills" && <FeatureList items={skills} emptyTitle={none("skills")} />}
          {kind === "resources" && (
            <>
              <FeatureList items={resources} emptyTitle={none("resources")} />
              {templates.length > 0 && (
                <FeatureList title="Resource templates" items={templates} emptyTitle="" />
              )}
            </>
          )}
        </div>
      )}
    </Loaded>
  );
}

function FeatureList({
  title,
  items,
  emptyTitle,
}: {
  title?: string;
  items: Feature[];
  emptyTitle: string;
}) {
  if (items.length === 0) return <EmptyState title={emptyTitle} />;
  return (
    <Section {...(title === undefined ? {} : { title })}>
      <ul className="divide-y divide-line">
        {items.map(({ key, title: name, description }) => (
          <li key={key} className="px-4 py-3">
            {name !== null && <p className="font-medium">{name}</p>}
            <p className="font-mono text-xs wrap-anywhere">
              <ForeignName name={key} />
            </p>
            {description !== null && <p className="mt-0.5 text-xs text-dim">{description}</p>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
