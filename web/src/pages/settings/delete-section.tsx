import { useNavigate } from "@tanstack/react-router";
import { meQuery, useCan } from "../../api/me.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { DangerSection } from "../../ui/danger-section.tsx";
import { RecentUse } from "../servers/recent-use.tsx";

/** Deletes the workspace, after its short name is typed. Says first who uses it. */
export function DeleteSection({ slug }: { slug: string }) {
  const navigate = useNavigate();
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}?confirm=${slug}`),
    invalidate: [meQuery.queryKey],
    onDone: () => void navigate({ to: "/" }),
  });
  if (!useCan(slug, "workspace.delete")) return null;
  return (
    <DangerSection
      title="Delete workspace"
      hint="Disconnects every client immediately. This cannot be undone."
      confirmLabel="Delete workspace"
      confirmTitle="Delete this workspace?"
      confirmationText={slug}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
    >
      <RecentUse slug={slug} />
      <p>Its servers, members, rules, tokens and stored credentials are deleted with it.</p>
    </DangerSection>
  );
}
