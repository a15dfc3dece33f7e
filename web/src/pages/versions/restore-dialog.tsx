import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isConflict } from "../../api/api-error.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { restorePlanQuery, restoreVersion } from "../../api/versions.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { MovedNotice, PlanView } from "./plan-view.tsx";

interface Props {
  slug: string;
  number: number;
  onClose: () => void;
}

/** The plan of a return to a version, and its confirmation. */
export function RestoreDialog({ slug, number, onClose }: Props) {
  const query = useQuery(restorePlanQuery(slug, number));
  const [hasMoved, setHasMoved] = useState(false);
  const restore = useApiMutation({
    run: async (ifVersion: number) => {
      try {
        return await restoreVersion(slug, number, { ifVersion });
      } catch (error) {
        if (!isConflict(error)) throw error;
        const { data } = await query.refetch();
        setHasMoved(data !== undefined && data.plan.version !== ifVersion);
        throw error;
      }
    },
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
            <div className="flex flex-col gap-4">
              {hasMoved && <MovedNotice />}
              <PlanView plan={plan} />
            </div>
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
