import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { Suspense, useState } from "react";
import type { AssertionIssuer } from "../../../../../workers/contract/api/assertion-issuers.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { assertionIssuersQuery } from "../../../api/assertion-issuers.ts";
import { useCan } from "../../../api/me.ts";
import { requestNoContent } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { lazyComponent } from "../../../load-code.ts";
import { Button } from "../../../ui/button.tsx";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { Section } from "../../../ui/page.tsx";
import { EmptyState, Loaded } from "../../../ui/states.tsx";
import { showToast } from "../../../ui/toast.ts";

const IssuerDialog = lazyComponent(() => import("./issuer-dialog.tsx"), "IssuerDialog");
const PinnedDialog = lazyComponent(() => import("./pinned-dialog.tsx"), "PinnedDialog");

/** What is open: a dialog, with the issuer that it concerns; undefined: a new one. */
interface Opened {
  kind: "edit" | "pinned" | "remove";
  issuer: AssertionIssuer | undefined;
}

/** The issuers whose identity assertions let clients act for members without a consent page. For owners only. */
export function AssertionIssuersSection({ slug }: { slug: string }) {
  return useCan(slug, "owner.manage") ? <Issuers slug={slug} /> : null;
}

function Issuers({ slug }: { slug: string }) {
  const issuers = useQuery(assertionIssuersQuery(slug));
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  return (
    <Section
      title="Issuers of identity assertions"
      hint="A client whose maker runs an issuer for your organisation asserts who its user is (ID-JAG). The member’s first call then has no consent page."
      actions={
        <Button size="sm" onClick={() => setOpened({ kind: "edit", issuer: undefined })}>
          <Plus className="size-3.5" aria-hidden />
          Trust an issuer
        </Button>
      }
    >
      <Loaded query={issuers}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title="No issuers">
              <p>Members sign in from their clients in the browser.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((issuer) => (
                <IssuerRow
                  key={issuer.id}
                  issuer={issuer}
                  onOpen={(kind) => setOpened({ kind, issuer })}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Suspense>
        {opened?.kind === "edit" && (
          <IssuerDialog slug={slug} issuer={opened.issuer} onClose={close} />
        )}
        {opened?.kind === "pinned" && opened.issuer && (
          <PinnedDialog slug={slug} issuer={opened.issuer} onClose={close} />
        )}
      </Suspense>
      <RemoveIssuer
        slug={slug}
        issuer={opened?.kind === "remove" ? opened.issuer : undefined}
        onClose={close}
      />
    </Section>
  );
}

function IssuerRow(props: { issuer: AssertionIssuer; onOpen: (kind: Opened["kind"]) => void }) {
  const { issuer, onOpen } = props;
  const of = ` of ${escapeLine(issuer.name)}`;
  return (
    <li className="flex flex-col gap-3 px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="min-w-0 font-medium wrap-anywhere">
          <DisplayName name={issuer.name} />
        </h3>
        <div className="flex flex-wrap gap-2">
          <Button size="sm" aria-label={`Pinned people${of}`} onClick={() => onOpen("pinned")}>
            Pinned people…
          </Button>
          <Button size="sm" aria-label={`Change issuer${of}`} onClick={() => onOpen("edit")}>
            Change…
          </Button>
          <Button size="sm" aria-label={`Remove issuer${of}`} onClick={() => onOpen("remove")}>
            Remove…
          </Button>
        </div>
      </div>
      <dl className="grid gap-x-4 gap-y-1 text-xs sm:grid-cols-[8rem_minmax(0,1fr)]">
        <dt className="text-dim">Issuer</dt>
        <dd className="font-mono wrap-anywhere">{escapeLine(issuer.issuer)}</dd>
        {issuer.requiredClaims.map(({ claim, values }) => (
          <div key={claim} className="contents">
            <dt className="text-dim wrap-anywhere">{escapeLine(claim)}</dt>
            <dd className="font-mono wrap-anywhere">{values.map(escapeLine).join(" or ")}</dd>
          </div>
        ))}
        {!issuer.acceptsAssertions && (
          <>
            <dt className="text-dim">State</dt>
            <dd>off: its assertions give no access</dd>
          </>
        )}
        <dt className="text-dim">First use</dt>
        <dd>
          {issuer.mapsByEmail
            ? "pins an account to the member with its verified address"
            : "is refused: only people who are pinned already have access"}
        </dd>
      </dl>
    </li>
  );
}

function RemoveIssuer(props: {
  slug: string;
  issuer: AssertionIssuer | undefined;
  onClose: () => void;
}) {
  const { slug, issuer, onClose } = props;
  const remove = useApiMutation({
    run: (id: string) => requestNoContent("DELETE", `/workspaces/${slug}/assertion-issuers/${id}`),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      showToast("Issuer removed");
      onClose();
    },
  });
  return (
    <ConfirmDialog
      isOpen={issuer !== undefined}
      onClose={onClose}
      title="Remove this issuer?"
      confirmLabel="Remove issuer"
      isBusy={remove.isPending}
      onConfirm={() => issuer && remove.mutate(issuer.id)}
    >
      <p>
        Clients lose the access that it has given immediately. If you trust it again, its accounts
        are the same people as now.
      </p>
    </ConfirmDialog>
  );
}
