import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type {
  AssertionIssuer,
  PinnedIdentity,
} from "../../../../../workers/contract/api/assertion-issuers.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { pinnedIdentitiesQuery } from "../../../api/assertion-issuers.ts";
import { requestNoContent } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { EmptyState, Loaded } from "../../../ui/states.tsx";
import { showToast } from "../../../ui/toast.ts";
import { Instant } from "../../tokens/instant.tsx";
import { PinForm } from "./pin-form.tsx";

/** The members that are pinned to accounts of an issuer, each of which can be unpinned. */
export function PinnedDialog(props: {
  slug: string;
  issuer: AssertionIssuer;
  onClose: () => void;
}) {
  const { slug, issuer, onClose } = props;
  const identities = useQuery(pinnedIdentitiesQuery(slug, issuer.id));
  return (
    <Dialog isOpen isWide onClose={onClose} title={`People of ${escapeLine(issuer.name)}`}>
      <Loaded query={identities}>
        {(items) => (
          <>
            {items.length === 0 ? (
              <EmptyState title="No people yet">
                <p>A person is pinned when a client first uses an assertion about them.</p>
              </EmptyState>
            ) : (
              <ul className="divide-y divide-line">
                {items.map((identity) => (
                  <PinnedRow
                    key={identity.subject}
                    path={`/workspaces/${slug}/assertion-issuers/${issuer.id}/identities`}
                    slug={slug}
                    identity={identity}
                  />
                ))}
              </ul>
            )}
            <PinForm
              slug={slug}
              issuerId={issuer.id}
              pinned={items.map(({ memberId }) => memberId)}
            />
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function PinnedRow(props: { path: string; slug: string; identity: PinnedIdentity }) {
  const { path, slug, identity } = props;
  const { memberId, memberName, subject, email, pinnedAt } = identity;
  const [isAsked, setIsAsked] = useState(false);
  const unpin = useApiMutation({
    run: () => requestNoContent("DELETE", `${path}/${memberId}`),
    invalidate: [workspaceKey(slug)],
    onDone: () => showToast("Unpinned"),
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 py-3">
      <div className="min-w-0 wrap-anywhere">
        <DisplayName name={memberName} />
        <span className="block text-xs text-dim">
          <span className="font-mono">{escapeLine(subject)}</span>
          {email !== null && `, ${escapeLine(email)}`}, since <Instant at={pinnedAt} none="?" />
        </span>
        {isAsked && (
          <span className="block text-xs">
            Clients lose their access for this person. The next account with the member’s address is
            pinned anew.
          </span>
        )}
      </div>
      <Button
        size="sm"
        aria-label={`Unpin ${escapeLine(memberName)}${isAsked ? " now" : ""}`}
        isBusy={unpin.isPending}
        onClick={() => (isAsked ? unpin.mutate(undefined) : setIsAsked(true))}
      >
        {isAsked ? "Unpin now" : "Unpin…"}
      </Button>
    </li>
  );
}
