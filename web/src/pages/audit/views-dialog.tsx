import { useRouter } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { AuditView } from "../../../../workers/contract/api/audit-views.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { showToast } from "../../ui/toast.ts";
import { toViewsPath, viewsQuery } from "./audit-api.ts";

interface Props {
  slug: string;
  views: AuditView[];
  onClose: () => void;
}

/** Saves the filters that are set as a view, and deletes saved views. */
export function ViewsDialog({ slug, views, onClose }: Props) {
  const [name, setName] = useState("");
  const { history } = useRouter();
  const invalidate = [viewsQuery(slug).queryKey];
  const save = useApiMutation({
    run: (input: { name: string; search: string }) =>
      request(AuditView, "POST", toViewsPath(slug), input),
    invalidate,
    onDone: (view) => {
      onClose();
      showToast(`View “${view.name}” saved`);
    },
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Saved views"
      description="A view keeps the filters and the time range. Only you see your views."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const search = new URLSearchParams(history.location.search);
          // A view is a choice of rows, not one row.
          for (const other of ["call", "event", "live"]) search.delete(other);
          save.mutate({ name: name.trim(), search: search.toString() });
        }}
      >
        <Field
          label="Name of this view"
          hint="A relative time range stays relative: “Last 24 hours” counts from when you open the view."
        >
          <TextInput
            value={name}
            maxLength={120}
            autoComplete="off"
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            isBusy={save.isPending}
            disabled={name.trim() === ""}
          >
            Save view
          </Button>
        </FormActions>
      </form>
      {views.length > 0 && <ViewList slug={slug} views={views} />}
    </Dialog>
  );
}

function ViewList({ slug, views }: Omit<Props, "onClose">) {
  const remove = useApiMutation({
    run: ({ id }: AuditView) => requestNoContent("DELETE", `${toViewsPath(slug)}/${id}`),
    invalidate: [viewsQuery(slug).queryKey],
    onDone: (_, { name }) => showToast(`View “${name}” deleted`),
  });
  return (
    <ul aria-label="Saved views" className="mt-5 border-t border-line pt-2">
      {views.map((view) => (
        <li key={view.id} className="flex items-center justify-between gap-2 text-sm">
          <span className="min-w-0 truncate">
            <DisplayName name={view.name} />
          </span>
          <IconButton label={`Delete view ${view.name}`} onClick={() => remove.mutate(view)}>
            <Trash2 className="size-4" aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
