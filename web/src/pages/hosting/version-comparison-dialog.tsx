import type {
  PackageComparison,
  VersionSwitch,
} from "../../../../workers/contract/hosting/version-switch.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { ComparedChanges } from "../servers/contract/compared-changes.tsx";

interface Props {
  comparison: PackageComparison;
  isBusy: boolean;
  onClose: () => void;
  onSwitch: (input: VersionSwitch) => void;
}

/** What another version shows, worst first, and the switch to it: with all of it approved, or with what is new held. */
export function VersionComparisonDialog({ comparison, isBusy, onClose, onSwitch }: Props) {
  const { version, current, changes, same, digest } = comparison;
  const isSame = changes.length === 0;
  return (
    <Dialog isOpen onClose={onClose} title={`${current} → ${version}`} isWide>
      <div className="flex flex-col gap-4">
        <p>
          {isSame
            ? `Version ${version} shows what is approved: ${pluralize(same, "definition")}.`
            : `${pluralize(changes.length, "definition differs", "definitions differ")} from what is approved, the worst first. ${pluralize(same, "definition is", "definitions are")} the same.`}
        </p>
        <ComparedChanges changes={changes} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant={isSame ? "primary" : "secondary"}
            isBusy={isBusy}
            onClick={() => onSwitch({ version, contract: "keep" })}
          >
            {isSame ? "Switch" : "Switch, approve later"}
          </Button>
          {!isSame && (
            <Button
              variant="primary"
              isBusy={isBusy}
              onClick={() => onSwitch({ version, contract: "seen", seen: digest })}
            >
              Approve and switch
            </Button>
          )}
        </FormActions>
      </div>
    </Dialog>
  );
}
