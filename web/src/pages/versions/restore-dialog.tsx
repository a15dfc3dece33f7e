import { useQuery } from "@tanstack/react-query";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { restorePlanQuery, restoreVersion } from "../../api/versions.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { PlanView } from "./plan-view.tsx";

interface Props {
  slug: string;
  number: number;
  onClose: () => void;
}

/** The plan of a return to a version, and its confirmation. */
export function RestoreDialog({ slug, number, onClose }: Props) {
  const query = useQuery(restorePlanQuery(slug, number));
  const restore = useApiMutation({
    run: (ifVersion: number) => restoreVersion(slug, number, { ifVersion }),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      onClose();
      showToast(`The configuration of version ${number} is in force again`);
    },
  });
  return (
    <Dialog isOpen isWide onClose={onClose} title={`Go back to version ${number}?`}>
      <Loaded query={query}>
        {({ plan }) => (
          <>
            <PlanView plan={plan} />
            <FormActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button
                variant="danger"
                disabled={plan.changes.length === 0}
                isBusy={restore.isPending}
                onClick={() => restore.mutate(plan.version)}
              >
                Go back
              </Button>
            </FormActions>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}
