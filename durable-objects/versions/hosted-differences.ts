import type { ConfigurationDocument } from "../../workers/contract/versions/document.ts";
import type { Draft } from "./draft.ts";
import { toReference } from "./parts.ts";

/**
 * Says in which hosted servers a document differs. No document starts or ends one: that needs its values and a container
 * host, and ends what the server has stored.
 */
export function listHostedDifferences(draft: Draft, { hosted }: ConfigurationDocument): void {
  if (!hosted) return;
  const present = new Map([...draft.config.instances.values()].map((one) => [one.slug, one]));
  for (const { slug, catalogueId, profile, version, variables = [] } of hosted) {
    const instance = present.get(slug);
    present.delete(slug);
    if (!instance || instance.catalogueId !== catalogueId) {
      draft.leave(slug, "The hosted server is not there any more: deploy it again.");
      continue;
    }
    if (instance.profile !== profile)
      draft.leave(
        slug,
        `The hosted server keeps the size ${instance.profile}: restart it to change that.`,
      );
    if (instance.versions?.current !== version)
      draft.leave(
        slug,
        `The hosted server keeps its version${instance.versions ? ` ${instance.versions.current}` : ""}: switch it on its page to change that.`,
      );
    const values = new Map(instance.variables.map(({ key, sealed }) => [key, toReference(sealed)]));
    const isSame =
      values.size === variables.length &&
      variables.every(({ name, reference }) => values.get(name) === reference);
    if (!isSame) draft.leave(slug, "The hosted server keeps the values of its variables.");
  }
  for (const slug of present.keys())
    draft.leave(slug, "The hosted server stays: terminate it to remove it.");
}
