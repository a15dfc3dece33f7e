import { useQuery } from "@tanstack/react-query";
import { BadgeCheck } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { StandingClaim } from "../../../../workers/contract/api/marketplace-claims.ts";
import { MARKETPLACE_KEY } from "../../api/curation.ts";
import { standingClaimsQuery, withdrawClaim } from "../../api/marketplace-claims.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { RowMenu } from "../../ui/row-menu.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { OutsideLink } from "../marketplace/outside-link.tsx";

type Claim = z.infer<typeof StandingClaim>;

const COLUMNS: readonly DataColumn<Claim>[] = [
  {
    key: "namespace",
    header: "Namespace",
    cell: ({ namespace }) => <span className="font-mono text-xs wrap-anywhere">{namespace}</span>,
    sortBy: ({ namespace }) => namespace,
    width: "minmax(10rem,2fr)",
    onCard: true,
  },
  {
    key: "evidence",
    header: "Evidence",
    cell: ({ evidence }) => <OutsideLink url={evidence} />,
    width: "minmax(10rem,3fr)",
    fromPx: 760,
  },
  {
    key: "person",
    header: "Person",
    cell: ({ userName, userId }) => <DisplayName name={userName ?? userId} />,
    sortBy: ({ userName }) => userName,
    width: "9rem",
    onCard: true,
  },
  {
    key: "checked",
    header: "Checked",
    cell: ({ checkedAt, missing, unreachableSince }) => (
      <>
        <Time at={checkedAt} /> {missing > 0 && <Badge tone="warn">Line gone</Badge>}
        {unreachableSince !== null && <Badge tone="warn">No response</Badge>}
      </>
    ),
    sortBy: ({ checkedAt }) => checkedAt,
    width: "11rem",
    onCard: true,
  },
];

/** The claims of namespaces that stand, each with its person, who is shown nowhere else. */
export function ClaimsPanel() {
  const query = useQuery(standingClaimsQuery);
  const [sort, setSort] = useState<string>();
  const [toWithdraw, setToWithdraw] = useState<string | null>(null);
  const withdraw = useApiMutation({
    run: (namespace: string) => withdrawClaim(namespace),
    invalidate: [MARKETPLACE_KEY],
    onDone: (_, namespace) => {
      setToWithdraw(null);
      showToast(`The claim of ${namespace} is withdrawn`);
    },
  });
  return (
    <Section
      title="Claimed namespaces"
      hint="Members claim a namespace on its publisher’s page. The gateway looks for each proof every week."
    >
      <Loaded query={query}>
        {({ items }) => (
          <DataTable
            label="Claimed namespaces"
            rows={items}
            columns={COLUMNS}
            getId={({ namespace }) => namespace}
            getName={({ namespace }) => namespace}
            sort={sort}
            onSort={setSort}
            empty={<EmptyState icon={BadgeCheck} title="No namespace is claimed" />}
            renderMenu={({ namespace }) => (
              <RowMenu
                label={`Actions for ${namespace}`}
                items={[
                  {
                    label: "Withdraw the claim",
                    isDangerous: true,
                    choose: () => setToWithdraw(namespace),
                  },
                ]}
              />
            )}
          />
        )}
      </Loaded>
      <ConfirmDialog
        isOpen={toWithdraw !== null}
        onClose={() => setToWithdraw(null)}
        title="Withdraw the claim?"
        confirmLabel="Withdraw"
        isBusy={withdraw.isPending}
        onConfirm={() => toWithdraw !== null && withdraw.mutate(toWithdraw)}
      >
        <p className="wrap-anywhere">
          The badge of {toWithdraw} is gone, and its person cannot claim it for 30 days.
        </p>
      </ConfirmDialog>
    </Section>
  );
}
